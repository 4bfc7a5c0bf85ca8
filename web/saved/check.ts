// Checks a saved statement line by line, then as a whole. A generator, so that a page can draw in
// between: 60 lines take a second or two.
import { openCheckpoint, readKey } from "../proof/note.mjs";
import { Broken } from "../proof/bytes.mjs";
import { verify, type Refusal } from "../proof/verify.mjs";
import type { Entry } from "../src/api";
import { differences } from "./compare";
import { elsewhere, linesOf, type Proof, type Saved } from "./data";
import type { Checked, Line } from "./line";
import { provedEntry, owed, Records } from "./proved";
import { refused } from "./words";
import { faultsOfWhole, sums } from "./whole";

/** A line is sealed within seconds; one that is older than this without a proof is not right. */
const SEALED_WITHIN_MS = 3_600_000;

/** Checks the statement; yields how many lines are done. */
export function* check(saved: Saved): Generator<number, Checked> {
  const log = checkLog(saved);
  const lines: Line[] = [];
  for (const [n, stated] of linesOf(saved.statement).entries()) {
    const part = elsewhere(saved, n);
    if (part === undefined) yield lines.length;
    lines.push(
      part === undefined
        ? checkLine(saved, stated, log.key)
        : { entry: stated, state: "elsewhere", faults: [], detail: [], part },
    );
  }
  const ofLines = lines.flatMap(({ entry, faults }) =>
    faults.map((why) => ({ line: entry.id, why })),
  );
  const ofLog = log.why === undefined ? [] : [{ why: log.why }];
  const faults = [...ofLog, ...ofLines, ...faultsOfWhole(saved, lines)];
  return { saved, lines, faults, leaves: log.leaves, ...sums(saved, lines) };
}

interface Log {
  /** Whether there is a key to verify by. */
  key: boolean;
  leaves?: number;
  why?: string;
}

/** Key and checkpoint by themselves: they stand at the foot, also where no line is. */
function checkLog({ log, checkpoint, checkpoints }: Saved): Log {
  const key = readKey(log);
  if (!key) return { key: false, why: "The log’s key cannot be read: it was changed." };
  if (typeof checkpoint !== "string")
    return checkpoints.length === 0
      ? { key: true }
      : { key: true, why: "The checkpoint at the foot is missing." };
  try {
    const { size } = openCheckpoint(checkpoint, key, "checkpoint", "checkpoint");
    const last: unknown = checkpoints.at(-1)?.note;
    if (last !== undefined && last !== checkpoint)
      return {
        key: true,
        why: "The checkpoint at the foot is not the one that the lines are proved in.",
      };
    return { key: true, leaves: Number(size) };
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return {
      key: true,
      why: "The checkpoint at the foot was not signed by the log with this key, or was changed.",
    };
  }
}

function checkLine(saved: Saved, stated: Entry, hasKey: boolean): Line {
  const proof = saved.bundles.find(({ entry }) => entry === stated.id);
  if (!proof) return withoutProof(saved, stated);
  if (!hasKey) return { entry: stated, state: "unchecked", faults: [], detail: [] };
  const report = verify(bundleOf(saved, proof), { log: saved.log });
  if (!report.ok)
    return { entry: stated, state: "broken", faults: [refused(report)], detail: [told(report)] };
  const items = proof.items.flatMap((n) => saved.items[n] ?? []);
  const records = new Records(items, stated.id);
  const entry = provedEntry(records, stated);
  const faults = differences(stated, entry, saved.statement.zone);
  const due = owed(records);
  if (due !== undefined && due !== entry.amount.minor)
    faults.push("The amount is not what the plan pays after what stood in the month before it.");
  const state = faults.length > 0 ? "broken" : "proved";
  return { entry, state, faults, detail: report.lines, records };
}

const told = ({ place, why }: Refusal) => `${place}: ${why}`;

function withoutProof({ made_at }: Saved, entry: Entry): Line {
  const young = Date.parse(made_at) - Date.parse(entry.booked_at) < SEALED_WITHIN_MS;
  const why =
    "It has no proof, though it was booked more than an hour before this was saved; a line is sealed within minutes.";
  return { entry, state: young ? "unsealed" : "broken", faults: young ? [] : [why], detail: [] };
}

/** The bundle as a document of its own, as the format has it. */
function bundleOf(saved: Saved, proof: Proof): Uint8Array {
  const { log, checkpoints } = saved;
  const items = proof.items.map((n) => saved.items[n] ?? null);
  const audio = proof.audio.map((n) => saved.audio[n] ?? null);
  const head = { format: "assay-bundle", version: 1, log, entry: proof.entry };
  return new TextEncoder().encode(JSON.stringify({ ...head, items, checkpoints, audio }));
}
