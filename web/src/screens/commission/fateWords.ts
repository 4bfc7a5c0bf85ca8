// What became of a claim, in words.
import type { Fate } from "../../api";

const FATES: Record<Fate, string> = {
  in_queue: "waits for a reviewer",
  in_review: "a reviewer has it",
  on_hold: "judged, and on hold for ten seconds",
  withdrawn: "withdrawn by its claimant",
  sent_back: "sent back: it is about another company",
  failed: "did not pass",
  disputed: "did not pass, and is disputed: a second reviewer judges it",
  waits_for_earlier: "passed; waits for an earlier claim on the lead",
  waits_for_plan: "passed; waits for managers to approve a plan",
  waits_for_reading: "passed; waits for its claimant to read the plan",
  already_earned: "passed; the lead had earned already",
  ruled_out: "passed; ruled out",
  earned: "earned",
  taken_back: "earned, and taken back",
};
export const fateWords = (fate: Fate) => FATES[fate];
