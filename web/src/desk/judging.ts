// What the reviewer has answered so far, and what is still missing. Pure: the box judges again by
// the same rules.
import type { Criterion, Evidence, Given, Span } from "../api";
import { covered, type Heard } from "./heard";

export interface RowState {
  answer?: string;
  evidence?: Evidence;
  words: string;
}
export interface Judging {
  marked: number;
  failing: boolean;
  rows: Record<string, RowState>;
}
export const NOT_APPLICABLE = "n/a";

/** A stamp covers 8 s before the playhead to 10 s after, cut at the call's ends. */
const BEFORE_MS = 8_000;
const AFTER_MS = 10_000;
const SHORTEST_MS = 500;

export const start = (): Judging => ({ marked: 0, failing: false, rows: {} });
/** Answers that were given before, taken up again. */
export const fromAnswers = (answers: Given[]): Judging => ({
  ...start(),
  rows: Object.fromEntries(
    answers.map((g) => [
      g.criterion,
      { answer: g.answer, evidence: g.evidence ?? undefined, words: g.words ?? "" },
    ]),
  ),
});
export const row = (j: Judging, c: Criterion): RowState => j.rows[c.id] ?? { words: "" };

function change(j: Judging, c: Criterion, part: Partial<RowState>): Judging {
  return { ...j, rows: { ...j.rows, [c.id]: { ...row(j, c), ...part } } };
}

/** Marks a row and stamps it: where, not what. Pressing it again moves the clip. */
export function stamp(
  j: Judging,
  list: Criterion[],
  at: number,
  call: string,
  now: number,
  length: number,
): Judging {
  const c = list[at];
  if (!c) return j;
  const clip = {
    call,
    from_ms: Math.round(Math.max(0, now - BEFORE_MS)),
    to_ms: Math.round(Math.min(length, now + AFTER_MS)),
  };
  return { ...change(j, c, { evidence: clip }), marked: at, failing: false };
}

export function answer(j: Judging, list: Criterion[], at: number, letter: number): Judging {
  const [c, a] = [list[at], list[at]?.answers[letter]];
  return c && a ? { ...change(j, c, { answer: a.id }), marked: at, failing: false } : j;
}

export function notApplicable(j: Judging, list: Criterion[], at = j.marked): Judging {
  const c = list[at];
  return c?.may_not_apply
    ? { ...change(j, c, { answer: NOT_APPLICABLE }), marked: at, failing: false }
    : j;
}

/** Shift and a digit marks the row to fail; the next digit is the reason, a failing answer. */
export const fail = (j: Judging, list: Criterion[], at: number): Judging =>
  list[at] ? { ...j, marked: at, failing: true } : j;
export function failBecause(j: Judging, list: Criterion[], reason: number): Judging {
  const c = list[j.marked];
  const wanted = c?.answers.filter((a) => !a.passes)[reason];
  return c && wanted
    ? { ...change(j, c, { answer: wanted.id }), failing: false }
    : { ...j, failing: false };
}

export const mark = (j: Judging, list: Criterion[], at: number): Judging => ({
  ...j,
  failing: false,
  marked: Math.max(0, Math.min(list.length - 1, at)),
});
export const words = (j: Judging, c: Criterion, text: string): Judging =>
  change(j, c, { words: text });
export const removeClip = (j: Judging, c: Criterion): Judging =>
  change(j, c, { evidence: undefined });

/** Moves one edge of a row's clip; an edge never passes the other, nor the call's start. */
export function edge(j: Judging, c: Criterion, which: "from" | "to", now: number): Judging {
  const clip = row(j, c).evidence;
  if (!clip) return j;
  const next =
    which === "from"
      ? { ...clip, from_ms: Math.max(0, Math.round(Math.min(now, clip.to_ms - SHORTEST_MS))) }
      : { ...clip, to_ms: Math.round(Math.max(now, clip.from_ms + SHORTEST_MS)) };
  return change(j, c, { evidence: next });
}

export type Result = "pass" | "fail" | "unproven";
export const countWords = (text: string) =>
  text.split(/\s+/).filter((w) => /\p{L}/u.test(w)).length;

/** "Does not apply" passes like any other answer, where it is allowed: with a moment. */
const answerPasses = (c: Criterion, answer: string) =>
  (answer === NOT_APPLICABLE && c.may_not_apply) ||
  c.answers.some((a) => a.id === answer && a.passes);

export function result(j: Judging, c: Criterion): Result {
  const given = row(j, c);
  if (!given.answer) return "unproven";
  if (!answerPasses(c, given.answer)) return "fail";
  return !c.must_pass || (given.evidence && countWords(given.words) >= c.words_needed)
    ? "pass"
    : "unproven";
}

export interface Missing {
  row: number;
  what: string;
  act: "answer" | "stamp" | "words" | "clip" | "listen";
}
export function missing(j: Judging, list: Criterion[]): Missing[] {
  const decided = failsOnMoment(j, list);
  return list.flatMap((c, i): Missing[] => {
    const given = row(j, c);
    if (c.moment_always && given.answer && !given.evidence) return [lacksMoment(c, i)];
    if (!c.must_pass || result(j, c) !== "unproven") return [];
    if (!given.answer)
      return decided ? [] : [{ row: i, what: `${c.title} has no answer yet`, act: "answer" }];
    if (!given.evidence) return [lacksMoment(c, i)];
    const so = `${countWords(given.words)} words so far; ${c.words_needed} are needed`;
    return [{ row: i, what: `${c.title}: ${so}`, act: "words" }];
  });
}

const lacksMoment = (c: Criterion, row: number): Missing => ({
  row,
  what: `${c.title} has an answer but no moment`,
  act: "stamp",
});

/** Nothing is said in less: a shorter moment decides no claim. */
const DECIDING_MS = 1_000;

/**
 * Whether a must-pass row fails on a moment: once that is heard, the other rows need no answer.
 * That something was not said is shown by no moment.
 */
export const failsOnMoment = (j: Judging, list: Criterion[]): boolean =>
  list.some((c) => {
    const { answer, evidence: clip } = row(j, c);
    const absent = c.answers.some((a) => a.id === answer && a.absent);
    const long = clip !== undefined && clip.to_ms - clip.from_ms >= DECIDING_MS;
    return c.must_pass && result(j, c) === "fail" && long && !absent;
  });

/** Rows that a claim leaves unjudged because it fails elsewhere. */
export const notJudged = (j: Judging, list: Criterion[]): Criterion[] =>
  failsOnMoment(j, list) ? list.filter((c) => c.must_pass && !row(j, c).answer) : [];

/** What must still be heard: every clip, and unless a moment decides, a share of all speech. */
export function unheard(
  j: Judging,
  list: Criterion[],
  heard: (call: string) => Heard,
  share: number,
  needed: number,
): Missing[] {
  const moments = list.flatMap((c, i): Missing[] => {
    const { evidence: clip, answer } = row(j, c);
    return clip && answer && !covered(heard(clip.call), clip.from_ms, clip.to_ms)
      ? [{ row: i, what: `${c.title}: its moment was not heard to the end`, act: "clip" }]
      : [];
  });
  return share < needed && !failsOnMoment(j, list)
    ? [...moments, { row: j.marked, what: shortOf(share, needed), act: "listen" }]
    : moments;
}

const shortOf = (share: number, needed: number) =>
  `${Math.floor(share * 100)} % of the speech heard; ${Math.round(needed * 100)} % are needed`;

export const passes = (j: Judging, list: Criterion[]) =>
  list.filter((c) => c.must_pass).every((c) => result(j, c) === "pass");
export const proven = (j: Judging, list: Criterion[]) =>
  list.filter((c) => c.must_pass && result(j, c) === "pass").length;

export const given = (j: Judging, list: Criterion[]): Given[] =>
  list.flatMap((c) => {
    const r = row(j, c);
    return r.answer
      ? [
          {
            criterion: c.id,
            answer: r.answer,
            ...(r.evidence ? { evidence: r.evidence } : {}),
            ...(r.words.trim() ? { words: r.words.trim() } : {}),
          },
        ]
      : [];
  });

/** Where to go on from `now` when silence is skipped; the same moment while somebody speaks. */
export function skipTo(speech: Span[], now: number): number {
  if (speech.some((s) => s.from_ms - 150 <= now && now < s.to_ms + 250)) return now;
  const next = speech
    .filter((s) => s.from_ms > now)
    .reduce((first, s) => Math.min(first, s.from_ms), Infinity);
  return next === Infinity ? now : next - 150;
}
