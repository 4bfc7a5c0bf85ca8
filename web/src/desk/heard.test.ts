import { describe, expect, test } from "vitest";
import { covered, firstUnheard, length, nextUnheard, shareHeard, subtract, union } from "./heard";

const span = (from_ms: number, to_ms: number) => ({ from_ms, to_ms });

describe("ranges", () => {
  test("those that overlap or touch are one, in order, and empty ones are none", () => {
    expect(union([span(5, 9), span(0, 2), span(2, 4), span(6, 7), span(8, 8)])).toEqual([
      span(0, 4),
      span(5, 9),
    ]);
    expect(length([span(0, 10), span(5, 20)])).toBe(20);
  });

  test("what is taken away leaves the rest, at the ends and in the middle", () => {
    expect(subtract([span(0, 100)], [span(20, 30), span(90, 120)])).toEqual([
      span(0, 20),
      span(30, 90),
    ]);
    expect(subtract([span(0, 100)], [span(0, 100)])).toEqual([]);
    expect(subtract([span(0, 10), span(20, 30)], [span(5, 25)])).toEqual([
      span(0, 5),
      span(25, 30),
    ]);
  });

  test("nothing that is given is changed", () => {
    const spans = [span(0, 5), span(3, 9)];
    union(spans);
    subtract(spans, spans);
    expect(spans).toEqual([span(0, 5), span(3, 9)]);
  });
});

describe("a clip", () => {
  test("is heard but for a quarter of a second in all", () => {
    expect(covered([span(1_000, 2_000)], 1_000, 2_250)).toBe(true);
    expect(covered([span(1_000, 2_000)], 1_000, 2_251)).toBe(false);
    expect(covered([span(0, 1_000), span(1_100, 2_000)], 0, 2_151)).toBe(false);
  });

  test("however short, half of it was heard", () => {
    expect(covered([], 0, 1)).toBe(false);
    expect(covered([span(0, 50)], 0, 100)).toBe(true);
    expect(covered([span(0, 49)], 0, 100)).toBe(false);
  });

  test("goes on where it was first not heard, and past slivers", () => {
    expect(firstUnheard([span(0, 3_000)], span(1_000, 9_000))).toBe(3_000);
    expect(firstUnheard([span(0, 3_000), span(3_040, 5_000)], span(1_000, 9_000))).toBe(5_000);
    expect(firstUnheard([span(0, 900), span(1_000, 2_000)], span(500, 2_200))).toBe(2_000);
    expect(firstUnheard([span(0, 9_000)], span(1_000, 2_000))).toBeUndefined();
  });
});

describe("speech", () => {
  const speech = [span(1_000, 2_000), span(5_000, 6_000)];

  test("its share is counted in milliseconds, over all calls, each once", () => {
    expect(shareHeard([{ speech: [span(0, 4_000), span(2_000, 8_000)], heard: [] }])).toBe(0);
    const two = [
      { speech, heard: [span(0, 1_500)] },
      { speech: [span(0, 2_000)], heard: [span(0, 9_000)] },
    ];
    expect(shareHeard(two)).toBe(2_500 / 4_000);
    expect(shareHeard([{ speech: [], heard: [] }])).toBe(1);
  });

  test("goes on from here, then from the start, and never over what was heard", () => {
    expect(nextUnheard(speech, [], 0)).toBe(1_000);
    expect(nextUnheard(speech, [span(1_000, 1_400)], 0)).toBe(1_400);
    expect(nextUnheard(speech, [span(0, 2_000)], 0)).toBe(5_000);
    expect(nextUnheard(speech, [span(5_000, 6_000)], 5_500)).toBe(1_000);
    expect(nextUnheard(speech, [span(0, 9_000)], 0)).toBeUndefined();
  });

  test("in the middle of what is unheard it goes on where it is", () => {
    expect(nextUnheard(speech, [], 5_300)).toBe(5_300);
    expect(nextUnheard(speech, [], 5_900)).toBe(1_000);
  });

  test("a sliver is a place to go only where nothing longer is left", () => {
    expect(nextUnheard(speech, [span(1_030, 2_000)], 0)).toBe(5_000);
    expect(nextUnheard(speech, [span(1_030, 9_000)], 0)).toBe(1_000);
  });
});
