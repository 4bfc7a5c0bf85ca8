// What the verifier finds, in the words of whoever reads a statement.
import type { Refusal } from "../proof/verify.mjs";

const THINGS: Record<string, string> = {
  ledger_entry: "the line",
  verdict: "the verdict",
  claim: "the claim",
  recording: "the recording",
  checklist_version: "the checklist",
  plan: "the plan",
  plan_ack: "the note that you read the plan",
  ruling: "the ruling",
  period_act: "the closing of the month",
  second_review: "the second review",
  claim_words: "what the claim says",
  log_line: "a line of the box’s diary",
};

/** The thing that the verifier names: its places begin with a record's kind. */
const thing = (place: string) => THINGS[place.split(" ", 1)[0] ?? ""] ?? "a part of the proof";

const FAULTS: Record<string, (place: string) => string> = {
  json: () => "Its proof is damaged.",
  frame: () => "Its proof is damaged: a part is missing, comes twice, or is something else.",
  key: () => "Its proof is of another log than the one at the foot of this statement.",
  checkpoint: () =>
    "Its proof ends in a checkpoint that this log did not sign, or that was changed since.",
  consistency: () =>
    "Its checkpoints do not follow from each other: the log was rewritten, or the file was changed.",
  commitment: (place) => `What the file says of ${thing(place)} is not what was sealed in the log.`,
  inclusion: (place) => `The file does not show that ${thing(place)} is in the log.`,
  link: (place) =>
    place === "entry"
      ? "The record of the line itself is missing."
      : `Something that ${thing(place)} rests on is missing.`,
  agreement: (place) => `What is said of ${thing(place)} does not fit what it rests on.`,
  amount: () => "The amount does not follow from the plan.",
  audio: () => "A recording is not the one that was judged.",
};

/** Why a proof does not hold. */
export const refused = ({ fault, place }: Refusal) =>
  FAULTS[fault]?.(place) ?? "Its proof does not hold.";

export const count = (n: number, one: string, more = `${one}s`) => `${n} ${n === 1 ? one : more}`;
