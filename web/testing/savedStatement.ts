// A statement as the box saves it: records, log, proofs.
import { toHex, utf8 } from "../proof/bytes.mjs";
import type { Item } from "../proof/document.mjs";
import type { JsonObject } from "../proof/json.mjs";
import { sha256 } from "../proof/sha2.mjs";
import { linesOf, type Packed, type Proof, type Saved } from "../saved/data";
import { provedEntry, Records } from "../saved/proved";
import { microsOf, momentOf } from "../saved/shape";
import { totals } from "../src/format";
import { entry, statement } from "./made";
import { ProofLog, signer, type Signer } from "./proofLog";

export const LOG = "kiel.assay.example/log";
const DAY = 86_400_000_000;
const HOUR = DAY / 24;
const START = microsOf("2026-11-02T09:00:00Z") ?? 0;

const COMPANIES =
  "Sundby Timber,Brae Seafoods,Whitcombe Stores,Nordhafen Kühlhaus,Harrow Print,Fjordkraft Service,Lübke Spedition,Rowan and Hale,Seehafen Kontor,Alster Optik,Dunmore Dairies,Kestrel Freight,Castellan Foods,Brightwater Logistics".split(
    ",",
  );
const criterion = (id: string, title: string, label: string, must_pass = true) => ({
  ...{ id, title, must_pass },
  answers: [
    { id: "yes", label, passes: true },
    { id: "no", label: "No", passes: false },
  ],
});
export const CHECKLIST = JSON.stringify({
  name: "Fleet",
  criteria: [
    criterion("budget", "Budget", "In place"),
    criterion("authority", "Authority", "Decides"),
    criterion("need", "Need", "Pain named"),
    criterion("timescale", "Timescale", "Within 3 months"),
    criterion("provider", "Present provider", "Has one", false),
  ],
});

export interface Options {
  lines?: number;
  /** Other people's records that stand in the log before each of a line's. */
  between?: number;
  seed?: number;
  log?: string;
  /** Changes a record before the log takes it up. */
  change?: (kind: string, fields: JsonObject) => JsonObject;
  /** How many of the last lines are a colleague's. */
  others?: number;
  /** Lines that the log has not taken up. */
  unsealed?: number;
}

/** A month of Ines Okafor: lines that pay, a tier from the 11th on; the last but one takes back. */
export async function madeSaved(options: Options = {}): Promise<Saved> {
  const key = await signer(options.log ?? LOG, options.seed ?? 7);
  return new Month(options, key).saved();
}

/** Puts all of a month into a log. */
class Month {
  private log = new ProofLog();
  private proofs: { entry: string; rests: string[] }[] = [];
  private stood: number[] = [];
  private booked = 0;

  constructor(
    private readonly options: Options,
    private readonly key: Signer,
  ) {}

  private add(kind: string, subject: string, fields: JsonObject): void {
    for (let other = 0; other < (this.options.between ?? 0); other += 1)
      this.log.add("log_line", `${this.log.size}`, { at: START });
    this.log.add(kind, subject, this.options.change?.(kind, fields) ?? fields);
  }

  async saved(): Promise<Saved> {
    const lines = this.options.lines ?? 4;
    this.plan();
    for (let n = 0; n < lines; n += 1) {
      if (lines > 2 && n === lines - 2) this.takeBack(n);
      else this.lead(n);
    }
    return this.put(await this.log.checkpoint(this.key));
  }

  private plan(): void {
    const [approved_at, read] = [START - 40 * DAY, START - 38 * DAY];
    const tiers = [{ from: 11, amount: 4500 }];
    const terms = { amount: 4000, currency: "EUR", tiers, payable_after_days: 14 };
    this.add("plan", "plan3", { campaign: "k1", version: 3, approved_at, ...terms });
    for (const payee of ["p1", "p2"])
      this.add("plan_ack", `plan3:${payee}`, { plan: "plan3", payee, at: read });
    const sha256 = hashOf(CHECKLIST);
    this.add("checklist_version", "ver1", {
      ...{ version: 1, body: CHECKLIST, sha256, in_force_from: START - 90 * DAY },
    });
  }

  private names(n: number) {
    const sound = hashOf(`sound ${n}`);
    return {
      ...{ claim: `claim-${n}`, verdict: `verdict-${n}`, entry: `entry-${n}`, lead: `lead-${n}` },
      ...{
        sound,
        recording: `call-${n}:${sound}`,
        made: START + n * ((this.options.lines ?? 4) > 20 ? 8 : 24) * HOUR,
      },
    };
  }

  private payee(n: number): string {
    const { lines = 4, others = 0 } = this.options;
    return n < lines - others ? "p1" : "p2";
  }

  private lead(n: number): void {
    const { claim, verdict, entry, recording, made, sound, lead } = this.names(n);
    const duration_ms = 483_000;
    this.add("recording", recording, { sha256: sound, duration_ms, starts_at: made - HOUR });
    this.add("claim", claim, {
      ...{
        number: 2184 + n,
        claimant: this.payee(n),
        lead,
        campaign: "k1",
        plan: "plan3",
        made_at: made,
      },
    });
    this.judge(n);
    const leads = this.stood.length;
    const tier = leads >= 10;
    const amount = tier ? 4500 : 4000;
    const steps: JsonObject[] = [
      { what: "plan", amount: 4000 },
      ...(tier ? [{ what: "tier", from: 11, amount: 4500 }] : []),
    ];
    this.book(n, {
      ...{ entry_kind: "accrual", amount, arithmetic: steps, leads_before: leads },
      ...{ minor_before: this.stood.reduce((a, b) => a + b, 0), booked_at: made + 2 * HOUR },
    });
    this.stood.push(amount);
    const rests = [recording, claim, verdict, "plan3", `plan3:${this.payee(n)}`, "ver1", entry];
    this.proofs.push({ entry, rests });
  }

  private judge(n: number): void {
    const { claim, verdict, recording, made, sound } = this.names(n);
    const given = ["budget", "authority", "need", "timescale", "provider"].map((id, k) => ({
      criterion: id,
      answer: "yes",
      evidence: { call: `call-${n}`, from_ms: 62_000 + k * 41_000, to_ms: 80_000 + k * 41_000 },
      words: id === "need" ? "We lose two vans a week to breakdowns." : "",
      note: "",
    }));
    const answers = given.map(({ criterion, answer, evidence: { from_ms, to_ms } }) => ({
      ...{ criterion, answer, clips: [{ recording, from_ms, to_ms }] },
    }));
    this.add("verdict", verdict, {
      ...{ claim, reviewer: "p9", checklist_version: "ver1", checklist_sha256: hashOf(CHECKLIST) },
      ...{ passed: true, note: "", answers, recordings: [{ recording, sha256: sound }] },
      ...{ answers_json: JSON.stringify(given), recordings_json: `{"call-${n}":"${sound}"}` },
      heard_json: JSON.stringify([{ call: `call-${n}`, from_ms: 0, to_ms: 483_000, speed: 1.5 }]),
      ...{ committed_at: made + 2 * HOUR - 10_000_000, final_at: made + 2 * HOUR },
    });
  }

  private book(n: number, fields: JsonObject): void {
    this.booked += 1;
    const { claim, verdict, entry, lead } = this.names(n);
    const earned = (fields.booked_at as number) - 1_000_000;
    this.add("ledger_entry", entry, {
      ...{
        payee: this.payee(n),
        payee_name: "Ines Okafor",
        lead,
        company: companyOf(n),
        claim,
        verdict,
      },
      ...{ campaign: "k1", campaign_name: "Fleet autumn", plan: "plan3", plan_version: 3 },
      ...{ checklist_version: "ver1", currency: "EUR", exponent: 2, zone: "Europe/Berlin" },
      ...{ earned_at: earned, payable_at: earned + 14 * DAY, period: "2026-11" },
      ...{ nth: 0, place: this.booked, ...fields },
    });
  }

  /** Takes back the line of two before, as a duplicate. */
  private takeBack(n: number): void {
    const was = this.names(n - 1);
    const { entry, made } = this.names(n);
    const [ruling, first] = [`ruling-${n}`, `first-${n}`];
    this.add("claim", first, {
      ...{ number: 99, claimant: "p2", lead: was.lead, campaign: "k1", made_at: was.made - DAY },
    });
    this.add("ruling", ruling, {
      ...{
        claim: was.claim,
        ruling_kind: "duplicate",
        ruled_by: "p5",
        ruled_at: made,
        same_as: first,
      },
      note: "Both are the Kiel branch of one company.",
    });
    const amount = -(this.stood.pop() ?? 0);
    this.book(n, {
      ...{ claim: was.claim, verdict: was.verdict, lead: was.lead, company: companyOf(n - 1) },
      ...{ entry_kind: "reversal", amount, corrects: was.entry, reason: "duplicate", ruling },
      booked_at: made + HOUR,
    });
    const rests = this.proofs.find(({ entry: e }) => e === was.entry)?.rests ?? [];
    this.proofs.push({ entry, rests: [...rests, first, ruling, entry] });
  }

  private put(checkpoint: string): Saved {
    const items = this.log.items();
    const wanted = new Set(this.proofs.flatMap(({ rests }) => rests));
    const kept = items.filter(({ subject }) => wanted.has(subject));
    const place = new Map(kept.map(({ subject }, n) => [subject, n]));
    const audio = kept.flatMap(({ kind, subject, content }) =>
      kind === "recording" ? [{ recording: subject, sha256: String(content?.sha256) }] : [],
    );
    const bundles = this.proofs.map(({ entry: name, rests }): Proof => ({
      entry: name,
      items: rests.map((subject) => place.get(subject) ?? -1),
      audio: audio.flatMap((a, n) => (rests.includes(a.recording) ? [n] : [])),
    }));
    const lines = this.proofs.map(({ entry: id }) =>
      provedEntry(new Records(kept, id), entry({ id, taken_back_by: null })),
    );
    for (const back of lines)
      for (const line of lines) if (back.corrects === line.id) line.taken_back_by = back.id;
    lines.reverse();
    const last = microsOf(lines[0]?.booked_at ?? "") ?? START;
    const sums = totals(lines.map((l) => l.amount));
    const back = totals(lines.filter((l) => l.corrects).map((l) => l.amount));
    const made = momentOf(last + 60_000_000);
    return {
      ...{ made_at: made, log: this.key.verifier, checkpoint, part: null },
      statement: statement({
        checkpoint: null,
        ...{
          as_of: made,
          earned_this_period: sums,
          earned: sums.map((m) => ({ ...m })),
          taken_back: back,
        },
        ...{ entries: lines, payable: sums.map((m) => ({ ...m })), undecided: 1, waiting: 1 },
      }),
      ...{ items: kept, checkpoints: [{ note: checkpoint, proof: [] }], audio },
      bundles: bundles.slice(0, bundles.length - (this.options.unsealed ?? 0)),
    };
  }
}

const companyOf = (n: number) => COMPANIES[n % COMPANIES.length] ?? "";
const hashOf = (text: string): string => toHex(sha256(utf8(text)));

/** As the box writes it: the proofs of all records together. */
export function packed(saved: Saved): Packed {
  const items = saved.items.map((item): Omit<Item, "proof"> & { proof?: string[] } => ({
    ...item,
  }));
  for (const item of items) delete item.proof;
  const size = Number(saved.checkpoints.at(-1)?.note.split("\n")[1] ?? 0);
  return { ...saved, items, nodes: beside(saved.items, 0, size, 0) };
}

/** The hashes of the largest subtrees without a record, left to right, out of the proofs. */
function beside(items: Saved["items"], from: number, to: number, depth: number): string[] {
  if (items.length === 0 || to - from < 2) return [];
  let half = 1;
  while (half * 2 < to - from) half *= 2;
  const [left, right] = [
    items.filter((i) => i.leaf < from + half),
    items.filter((i) => i.leaf >= from + half),
  ];
  const hash = (of: Saved["items"]) => of[0]?.proof.at(-1 - depth) ?? "";
  return [
    ...(left.length === 0 ? [hash(right)] : beside(left, from, from + half, depth + 1)),
    ...(right.length === 0 ? [hash(left)] : beside(right, from + half, to, depth + 1)),
  ];
}

/** The statement in parts, as the box makes them of one that is too long for a file. */
export function inParts(saved: Saved, sizes: number[]): Saved[] {
  const oldest = linesOf(saved.statement).toReversed();
  let from = 0;
  return sizes.map((size, n) => {
    const own = new Set(oldest.slice(from, (from += size)).map(({ id }) => id));
    const bare = (e: Saved["statement"]["entries"][number]) =>
      own.has(e.id)
        ? e
        : {
            ...{ ...e, claim: "", verdict: "", arithmetic: null, ruling: null },
            ...{ earned_at: e.booked_at, payable_at: e.booked_at },
          };
    const { entries, since } = saved.statement;
    const statement = { ...saved.statement, entries: entries.map(bare), since: since.map(bare) };
    const bundles = saved.bundles.filter(({ entry }) => own.has(entry));
    return { ...saved, statement, bundles, part: { number: n + 1, sizes } };
  });
}
