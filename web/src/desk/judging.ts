// What the reviewer has answered so far, and what is still missing. Pure: the box judges again by the same rules.
import type { Criterion, Evidence, Given, Span } from "../api";

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

/** Shift and a digit marks the row to fail; the next digit is the reason among its failing answers. */
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

/** Moves one edge of the marked row's clip to the playhead; an edge never passes the other. */
export function edge(j: Judging, c: Criterion, which: "from" | "to", now: number): Judging {
  const clip = row(j, c).evidence;
  if (!clip) return j;
  const next =
    which === "from"
      ? { ...clip, from_ms: Math.round(Math.min(now, clip.to_ms - 500)) }
      : { ...clip, to_ms: Math.round(Math.max(now, clip.from_ms + 500)) };
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
  return list.flatMap((c, i): Missing[] => {
    const given = row(j, c);
    if (c.moment_always && given.answer && !given.evidence)
      return [{ row: i, what: `${c.title} has an answer but no moment`, act: "stamp" }];
    if (!c.must_pass || result(j, c) !== "unproven") return [];
    if (!given.answer) return [{ row: i, what: `${c.title} has no answer yet`, act: "answer" }];
    if (!given.evidence)
      return [{ row: i, what: `${c.title} has an answer but no moment`, act: "stamp" }];
    return [
      {
        row: i,
        what: `${c.title}: ${countWords(given.words)} words so far; ${c.words_needed} are needed`,
        act: "words",
      },
    ];
  });
}

/** What was heard of a call, as half seconds. */
export type Heard = ReadonlySet<number>;
/** The same from what the box keeps: a character for each half second, `0` where it was not heard. */
export const heardOf = (text: string): Heard =>
  new Set([...text].flatMap((speed, half) => (speed === "0" ? [] : [half])));

/** Whether a clip was heard, but for a half second at its ends; the box counts alike. */
export function covered(heard: Heard, from: number, to: number): boolean {
  for (let half = Math.ceil(from / 500) + 1; half < Math.floor(to / 500) - 1; half++)
    if (!heard.has(half)) return false;
  return true;
}

/** The half seconds that speech touches, each once. */
const halvesOf = (speech: Span[]): Set<number> =>
  new Set(
    speech.flatMap(({ from_ms, to_ms }) => {
      const first = Math.floor(from_ms / 500);
      return Array.from({ length: Math.ceil(to_ms / 500) - first }, (_, i) => first + i);
    }),
  );

/** The share of speech that was heard, over all calls. */
export function shareHeard(calls: { speech: Span[]; heard: Heard }[]): number {
  let [all, done] = [0, 0];
  for (const { speech, heard } of calls) {
    const halves = halvesOf(speech);
    all += halves.size;
    halves.forEach((half) => (done += heard.has(half) ? 1 : 0));
  }
  return all === 0 ? 1 : done / all;
}

/** Where the next speech begins that was not heard, from here on and then from the start. */
export function nextUnheard(speech: Span[], heard: Heard, now: number): number | undefined {
  const halves = [...halvesOf(speech)].filter((half) => !heard.has(half)).sort((a, b) => a - b);
  const half = halves.find((h) => h * 500 >= now) ?? halves[0];
  return half === undefined ? undefined : half * 500;
}

/** What must still be heard: every clip, and for a pass a share of all speech. */
export function unheard(
  j: Judging,
  list: Criterion[],
  heard: (call: string) => Heard,
  share: number,
  needed: number,
): Missing[] {
  const moments = list.flatMap((c, i): Missing[] => {
    const clip = row(j, c).evidence;
    return clip && row(j, c).answer && !covered(heard(clip.call), clip.from_ms, clip.to_ms)
      ? [{ row: i, what: `${c.title}: its moment was not heard to the end`, act: "clip" }]
      : [];
  });
  const short = passes(j, list) && share < needed;
  return short
    ? [
        ...moments,
        {
          row: j.marked,
          what: `${Math.floor(share * 100)} % of the speech heard; ${Math.round(needed * 100)} % are needed before a claim passes`,
          act: "listen",
        },
      ]
    : moments;
}

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
