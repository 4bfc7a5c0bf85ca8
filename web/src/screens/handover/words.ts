// The words of the hand-over, in one place.
import type * as api from "../../api";
import { clock, day, moment, outcome, time } from "../../format";

export const ANSWERS: [api.SalesAnswer, string, string][] = [
  ["now", "Accept", "it is yours, the call becomes a task"],
  ["later", "Later", "the buyer gave a date"],
  ["needs_information", "Needs information", "a question goes to whoever made the call"],
  ["nurture", "Nurture", "not ready, with the next date"],
  ["reject", "Reject", "cite a criterion, or say preference"],
];
export const answerWord = (answer: string) => ANSWERS.find(([id]) => id === answer)?.[1] ?? answer;

export const REASONS: [api.RejectReason, string][] = [
  ["criterion", "A criterion of the agreed definition is not met"],
  ["unreachable", "Nobody answers"],
  ["known_already", "Preference: we know them already"],
  ["wrong_person", "Preference: the wrong person"],
  ["wrong_territory", "Preference: not our territory"],
  ["no_capacity", "Preference: no capacity"],
  ["poor_fit", "Preference: does not fit what we sell"],
  ["other", "Preference: something else"],
];
export const reasonWord = (reason: string) => REASONS.find(([id]) => id === reason)?.[1] ?? reason;
/** They say nothing without words. */
export const NEEDS_WORDS = ["criterion", "poor_fit", "other"];

export const FIELDS: [api.WriteUpFieldName, string][] = [
  ["situation", "Situation"],
  ["worth", "What it would be worth to them"],
  ["tried", "Tried before"],
  ["deciders", "Others who decide"],
  ["supplier", "Supplier today"],
  ["limits", "Technical limits"],
  ["next_step", "Agreed next step"],
  ["sent", "What was sent to them"],
];
export const fieldWord = (field: string) => FIELDS.find(([id]) => id === field)?.[1] ?? field;

export const LEVELS: [api.Readiness, string][] = [
  ["not_ready", "Not ready"],
  ["exploring", "Finds out what there is"],
  ["comparing", "Compares offers"],
  ["ready", "Wants to buy"],
];
export const levelWord = (level: string) => LEVELS.find(([id]) => id === level)?.[1] ?? level;

export const PROMISES: [api.PromiseKind, string][] = [
  ["call", "We call"],
  ["meet", "We meet"],
  ["send", "We send something"],
];
const KINDS: Record<string, string> = { call: "Call", meet: "Meeting", send: "To be sent" };
export const kindWord = (kind: string) => KINDS[kind] ?? kind;

/** What the wire says of a promise, in words. */
export function promiseState(p: api.BuyerPromise): string {
  switch (p.state) {
    case "waits":
      return "its time has not come";
    case "due":
      return "due now";
    case "kept":
      return `kept: called ${p.called_at ? moment(p.called_at) : "in time"}`;
    case "late":
      return `late: called ${p.called_at ? moment(p.called_at) : "afterwards"}`;
    case "missed":
      return "missed: the wire saw no call";
    case "withdrawn":
      return "withdrawn";
    default:
      return "its time is over; the wire cannot see it";
  }
}

/** When a promise is to be kept: a day, some hours of it, or from one day to another. */
export function when(p: { from: string; until: string }): string {
  const [from, until] = [day(p.from), day(p.until)];
  if (from !== until) return `${from} to ${until}`;
  const whole = Date.parse(p.until) - Date.parse(p.from) > 23 * 3_600_000;
  return whole ? from : `${from}, ${time(p.from)} to ${time(p.until)}`;
}

/** A call as the wire saw it, in words. */
export const seen = (c: api.CallSeen) =>
  `${moment(c.at)}, ${c.talked_ms === null ? outcome(c.outcome) : `talked ${clock(c.talked_ms)}`}`;

/** An answer in one line. */
export function told(a: api.AnswerGiven): string {
  const more = [
    a.until && day(a.until),
    a.reason && (a.criterion ? `${a.criterion} is not met` : reasonWord(a.reason)),
  ].filter(Boolean);
  return [answerWord(a.answer), ...more].join(": ");
}

/** Time that is left until a moment, or by which it is over. */
export function left(at: string, now = Date.now()): { late: boolean; words: string } {
  const minutes = Math.round((Date.parse(at) - now) / 60_000);
  const n = Math.abs(minutes);
  const span =
    n < 60
      ? `${n} min`
      : n < 48 * 60
        ? `${Math.floor(n / 60)} h ${n % 60} min`
        : `${Math.round(n / 1440)} days`;
  return minutes < 0
    ? { late: true, words: `late by ${span}` }
    : { late: false, words: `in ${span}` };
}
