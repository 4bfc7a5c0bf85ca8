// What stands behind a proved line, in words: the chain, and the answers of the verdict.
import type { Item } from "../proof/document.mjs";
import type { JsonObject } from "../proof/json.mjs";
import { clock, day, time } from "../src/format";
import { intOf, objectsOf, textOf, type Records } from "./proved";
import { momentOf } from "./shape";

/** A record of the chain. */
export interface Ring {
  what: string;
  /** Its place in the log, from 1 on. */
  place: number;
  erased: boolean;
}

/** The verdict's answer to one criterion. */
export interface Answer {
  title: string;
  answer: string;
  mustPass: boolean;
  passes: boolean;
  /** Moments in the recording that show it. */
  moments: string[];
  /** The buyer's words, and the reviewer's. */
  words: string;
  note: string;
}

const when = (value: JsonObject[string] | undefined, zone: string) => {
  const micros = intOf(value);
  if (micros === undefined) return "";
  return ` on ${day(momentOf(micros), zone)}, ${time(momentOf(micros), zone)}`;
};

/** A verdict that passed: a truth value, or 1 as a database writes it. */
const passed = (record: JsonObject) => record.passed === true || record.passed === 1;

type Words = (content: JsonObject, zone: string) => string;
const WORDS: Record<string, Words> = {
  ledger_entry: (c, z) =>
    `${c.entry_kind === "reversal" ? "A line that takes one back" : "A line that pays"}, booked${when(c.booked_at, z)}`,
  ruling: (c, z) => `The ruling: ${String(c.ruling_kind)}, made${when(c.ruled_at, z)}`,
  second_review: (c, z) =>
    `The second review, ${passed(c) ? "passed" : "not passed"}, decided${when(c.decided_at, z)}`,
  verdict: (c, z) =>
    `The verdict, ${passed(c) ? "passed" : "not passed"}, given${when(c.committed_at, z)}`,
  claim: (c, z) => `The claim C-${String(c.number)}, made${when(c.made_at, z)}`,
  recording: (c, z) =>
    `The recording of the call${when(c.starts_at, z)}, ${clock(intOf(c.duration_ms) ?? 0)} long`,
  checklist_version: (c, z) =>
    `The checklist, version ${String(c.version)}, in force${when(c.in_force_from, z)}`,
  plan: (c, z) => `The plan, version ${String(c.version)}, approved${when(c.approved_at, z)}`,
  plan_ack: (c, z) => `That you read the plan,${when(c.at, z)}`,
};
const NAMES: Record<string, string> = {
  verdict: "The verdict",
  claim: "The claim",
  recording: "The recording",
  second_review: "The second review",
};

/** The line first, then what it rests on. */
export function chain(records: Records, zone: string): Ring[] {
  const kinds = Object.keys(WORDS);
  const order = (i: Item) => (kinds.indexOf(i.kind) + kinds.length) % kinds.length;
  return records
    .all()
    .toSorted((a, b) => order(a) - order(b) || b.leaf - a.leaf)
    .map((item) => ({
      what: wordsOf(item, zone, whyClosed(records)),
      place: item.leaf + 1,
      erased: !item.content,
    }));
}

/** Who has an opener's share does not see how a colleague's claim was judged. */
const whyClosed = (records: Records) =>
  textOf(records.entry.part) === "opener" ? "a colleague’s, and closed to you" : "erased since";

function wordsOf({ kind, content }: Item, zone: string, closed: string): string {
  if (!content) return `${NAMES[kind] ?? "A record"}, ${closed}`;
  return WORDS[kind]?.(content, zone) ?? "Another record";
}

/** How the verdict that counts came out; nothing where it is erased. */
export function outcome(records: Records, zone: string) {
  const record = records.second ?? records.verdict;
  if (!record) return undefined;
  const at = records.second ? record.decided_at : (record.final_at ?? record.committed_at);
  return { passed: passed(record), at: when(at, zone), second: records.second !== undefined };
}

/** The answers that count, in the order of the checklist. */
export function answers(records: Records): Answer[] {
  const record = records.second ?? records.verdict;
  if (!record) return [];
  const criteria = checklist(records, record);
  const order = (answer: JsonObject) => criteria.findIndex((c) => c.id === answer.criterion);
  const written = objectsOf(parsed(record.answers_json));
  return objectsOf(record.answers)
    .toSorted((a, b) => order(a) - order(b))
    .map((given) => {
      const spoken = written.find((w) => w.criterion === given.criterion);
      return row(given, criteria[order(given)], spoken);
    });
}

function row(given: JsonObject, criterion?: JsonObject, spoken?: JsonObject): Answer {
  const label = objectsOf(criterion?.answers).find((a) => a.id === given.answer);
  const other = given.answer === "n/a" ? "Does not apply" : (textOf(given.answer) ?? "");
  return {
    title: textOf(criterion?.title) ?? textOf(given.criterion) ?? "",
    answer: textOf(label?.label) ?? other,
    mustPass: criterion?.must_pass === true,
    passes: label ? label.passes === true : given.answer === "n/a",
    moments: objectsOf(given.clips).map(
      (c) => `${clock(intOf(c.from_ms) ?? 0)}–${clock(intOf(c.to_ms) ?? 0)}`,
    ),
    words: textOf(spoken?.words) ?? "",
    note: textOf(spoken?.note) ?? "",
  };
}

function checklist(records: Records, record: JsonObject): JsonObject[] {
  const version = textOf(record.checklist_version) ?? textOf(records.entry.checklist_version);
  const body = parsed(records.of("checklist_version", version)?.body);
  return objectsOf((body as JsonObject | undefined)?.criteria);
}

/** JSON within a record: its bytes are proved, its form is not. */
function parsed(json: JsonObject[string] | undefined): JsonObject[string] | undefined {
  try {
    return JSON.parse(textOf(json) ?? "null") as JsonObject[string];
  } catch {
    return undefined;
  }
}
