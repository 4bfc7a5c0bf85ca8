// Experiments in words.
import type { Experiment, ExperimentLine, Versus } from "../../api";
import { dayOf, daysOf } from "./numberWords";
import { percent } from "./slotWords";

export const MEASURES: Record<ExperimentLine["measure"], string> = {
  connects: "connects",
  meetings: "meetings",
};

export const PHASES: Record<ExperimentLine["phase"], string> = {
  planned: "planned",
  running: "running",
  waiting: "over, not counted yet",
  counted: "counted",
  stopped: "stopped: no result",
};

export const days = (e: { first: string; last: string }) => daysOf(e.first, e.last);

/** Points of a percentage: `+3.1`. */
export const points = (share: number) => {
  const value = (share * 100).toFixed(1);
  return share > 0 && value !== "0.0" ? `+${value}` : value.replace("-", "−");
};

/** What came of an arm beside the first. */
export function verdictWords(versus: Versus, arm: string, first: string): string {
  if (versus.difference === null || versus.low === null || versus.high === null)
    return `${arm}: too few with calls to tell anything.`;
  const by = `${points(versus.difference)} points (95 % interval ${points(versus.low)} to ${points(versus.high)})`;
  const chance = `chance does as much in ${percent(versus.chance ?? 1, 1)} of draws`;
  if (versus.verdict === "better") return `${arm} is better than ${first}: ${by}; ${chance}.`;
  if (versus.verdict === "worse") return `${arm} is worse than ${first}: ${by}; ${chance}.`;
  return `${arm} and ${first} cannot be told apart: ${by}; ${chance}.`;
}

/** How it stands, and what comes next. */
export function standing(e: Experiment): string {
  switch (e.phase) {
    case "planned":
      return `Drawn when ${dayOf(e.first)} begins. Nothing of it can be changed; it can be stopped.`;
    case "running":
      return `Runs until ${dayOf(e.last)}. Counts so far, and no judgement before the end.`;
    case "waiting":
      return `Over. It is counted after ${dayOf(e.waits_until)}, when late calls are there.`;
    case "counted":
      return "Counted once; what is said of its calls later changes nothing.";
    case "stopped":
      return `Stopped by ${e.stopped_by ?? "somebody"}: “${e.stop_reason ?? ""}” It has no result, and will have none.`;
  }
}
