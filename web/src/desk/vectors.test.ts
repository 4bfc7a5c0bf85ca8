// The rules of review against the vectors that the box's tests read too (tests/vectors/review/README.md).
import { describe, expect, test } from "vitest";
import heardFile from "../../../tests/vectors/review/heard.json";
import judgeFile from "../../../tests/vectors/review/judge.json";
import { criterion } from "../../testing/made";
import type { Criterion, Given, HeardRange, Played, Span } from "../api";
import { covered, shareHeard, union } from "./heard";
import * as j from "./judging";
import { PlayedRanges } from "./played";

interface HeardCase {
  name: string;
  played: Played[];
  heard: HeardRange[];
  clips: (Span & { covered: boolean })[];
  speech: Span[];
  share: number;
}
type Why = "fails" | "answer" | "moment" | "words" | "heard" | "share";
interface JudgeCase {
  name: string;
  checklist: string;
  answers: Given[];
  passed: boolean | null;
  reasons: { criterion: string; why: Why }[];
  heard?: Record<string, HeardRange[]>;
  speech?: Record<string, Span[]>;
  needed?: number;
  only?: "box";
}

describe("what was heard", () => {
  for (const c of heardFile.cases as HeardCase[])
    test(c.name, () => {
      const ranges = new PlayedRanges();
      let at = 0;
      for (const { from_ms, to_ms, speed } of c.played) {
        ranges.playing(from_ms, speed, at);
        at += (to_ms - from_ms) / speed;
        ranges.playing(to_ms, speed, at);
        ranges.lift();
      }
      // The page compares the time alone.
      expect(ranges.pending).toEqual(union(c.heard));
      expect(ranges.take()).toEqual(c.played);
      ranges.credit(c.heard);
      for (const clip of c.clips)
        expect([clip, covered(ranges.heard, clip.from_ms, clip.to_ms)]).toEqual([
          clip,
          clip.covered,
        ]);
      expect(shareHeard([{ speech: c.speech, heard: ranges.heard }])).toBe(c.share);
    });
});

/** Why something is missing, from the sentence that the page shows. */
function why(what: string): Why {
  if (what.endsWith("has no answer yet")) return "answer";
  if (what.endsWith("has an answer but no moment")) return "moment";
  if (what.endsWith("its moment was not heard to the end")) return "heard";
  if (/^\d+ % of the speech heard; \d+ % are needed/.test(what)) return "share";
  if (/: \d+ words so far; \d+ are needed$/.test(what)) return "words";
  throw new Error(`no reason is called '${what}'`);
}

const checklists = new Map(
  Object.entries(judgeFile.checklists).map(([name, list]) => [
    name,
    list.criteria.map((c) => criterion(c.id, { must_pass: false, ...(c as Partial<Criterion>) })),
  ]),
);

describe("a verdict", () => {
  const cases = judgeFile.cases as JudgeCase[];
  for (const c of cases.filter((x) => x.only !== "box"))
    test(c.name, () => {
      const list = checklists.get(c.checklist) ?? [];
      const judging = j.fromAnswers(c.answers);
      const heard = (call: string) => c.heard?.[call] ?? [];
      const share = shareHeard(
        Object.entries(c.speech ?? {}).map(([call, speech]) => ({ speech, heard: heard(call) })),
      );
      const missing = [
        ...j.missing(judging, list),
        ...(c.heard ? j.unheard(judging, list, heard, share, c.needed ?? 0) : []),
      ].map((m) => ({ criterion: list[m.row]?.id, why: why(m.what) }));
      if (c.passed === null) {
        // The page names the first of each row, and a share at the marked one.
        const first = c.reasons.filter(
          (r, i) => c.reasons.findIndex((o) => o.criterion === r.criterion) === i,
        );
        expect(missing).toEqual(
          first.map((r) => (r.why === "share" ? { ...r, criterion: list[0]?.id } : r)),
        );
        return;
      }
      expect(missing).toEqual([]);
      expect(j.passes(judging, list)).toBe(c.passed);
      const failing = list
        .filter((k) => k.must_pass && j.result(judging, k) === "fail")
        .map((k) => ({ criterion: k.id, why: "fails" }));
      expect(failing).toEqual(c.reasons);
      // What is sent is what was judged.
      expect(j.given(judging, list).map((g) => g.criterion)).toEqual(
        c.answers.map((g) => g.criterion),
      );
    });

  test("the vectors cover every reason that the page can name", () => {
    const named = new Set(cases.flatMap((c) => c.reasons.map((r) => r.why)));
    for (const reason of ["fails", "answer", "moment", "words", "heard", "share"] as const)
      expect(named).toContain(reason);
  });
});
