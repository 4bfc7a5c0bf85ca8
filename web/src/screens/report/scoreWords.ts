// How likely sales accepts a lead, in words.
import type { LeadScore } from "../../api";
import { percent } from "./slotWords";

/** Of what past leads are alike: `212 like it by source`. */
const ALIKE: Record<LeadScore["level"], string> = {
  all: "leads of all sources",
  grade: "leads of sources of its grade",
  source: "leads from the same source",
  answers: "leads from the same source with the same answers",
  interactions: "leads from the same source, with the same answers and interactions",
};
const CLOSER: Record<LeadScore["level"], string> = {
  all: "at all",
  grade: "of the same grade",
  source: "from the same source",
  answers: "with the same answers",
  interactions: "with the same interactions",
};

export const chance = (score: LeadScore) => percent(score.share);

/** `Of 212 leads from the same source, sales accepted 71.` */
export function alike(score: LeadScore): string {
  const n = score.n.toLocaleString();
  return `Of ${n} ${ALIKE[score.level]}, sales accepted ${score.accepted.toLocaleString()}.`;
}

/** The same, and why not of closer ones: `Only 4 were with the same answers.` */
export function because(score: LeadScore): string {
  const said = alike(score);
  const next = score.steps[score.steps.findIndex((s) => s.level === score.level) + 1];
  // Without verdict there are no answers: the same leads again say nothing.
  if (!next || next.n === score.n) return said;
  const few = next.n === 0 ? "None was" : `Only ${next.n} ${next.n === 1 ? "was" : "were"}`;
  return `${said} ${few} ${CLOSER[next.level]}, too few to go by.`;
}

export const STATES: Record<string, string> = {
  not_called: "not called yet",
  called_1_2: "called once or twice",
  called_3_5: "called 3 to 5 times",
  called_6: "called 6 times or more",
  reached: "talked to",
};
