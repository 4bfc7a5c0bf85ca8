import { expect, test } from "vitest";
import { PlayedRanges } from "./played";

const spans = (of: PlayedRanges) => of.pending.map((p) => [p.from_ms, p.to_ms]);

test("a page that is not drawn for a while has played on", () => {
  const all = new PlayedRanges();
  all.playing(0, 2, 10_000);
  all.playing(32, 2, 10_016);
  // Nine seconds without a frame, at twice the speed.
  all.playing(18_000, 2, 19_016);
  expect(spans(all)).toEqual([[0, 18_000]]);
  expect(all.take()).toEqual([{ from_ms: 0, to_ms: 18_000, speed: 2 }]);
  all.playing(18_100, 2, 19_066);
  expect(all.take()).toEqual([{ from_ms: 18_000, to_ms: 18_100, speed: 2 }]);
});

test("a jump was not played, with a frame between or without", () => {
  const all = new PlayedRanges();
  all.playing(0, 1, 0);
  all.playing(1_000, 1, 1_000);
  all.playing(30_000, 1, 1_016);
  all.playing(31_000, 1, 2_016);
  // Back is a jump too, and what is heard again counts once.
  all.playing(500, 1, 2_032);
  all.playing(1_500, 1, 3_032);
  expect(spans(all)).toEqual([
    [0, 1_500],
    [30_000, 31_000],
  ]);
  expect(all.take().map((p) => [p.from_ms, p.to_ms])).toEqual([
    [0, 1_000],
    [30_000, 31_000],
    [500, 1_500],
  ]);
});

test("the clock of a pause is not time in which it played", () => {
  const all = new PlayedRanges();
  all.playing(0, 1, 0);
  all.playing(2_000, 1, 2_000);
  all.lift();
  all.playing(30_000, 1, 60_000);
  expect(all.take()).toEqual([{ from_ms: 0, to_ms: 2_000, speed: 1 }]);
});

test("each speed has its own range, and what could not be told comes again", () => {
  const all = new PlayedRanges();
  all.playing(1_000, 1, 0);
  all.playing(2_000, 1, 1_000);
  all.playing(2_000, 2, 1_000);
  all.playing(4_000, 2, 2_000);
  const told = all.take();
  expect(told).toEqual([
    { from_ms: 1_000, to_ms: 2_000, speed: 1 },
    { from_ms: 2_000, to_ms: 4_000, speed: 2 },
  ]);
  all.putBack(told);
  expect(all.take()).toEqual(told);
});

test("heard is what the box credits, not what was played", () => {
  const all = new PlayedRanges([{ from_ms: 500, to_ms: 900 }]);
  all.playing(1_000, 1, 0);
  all.playing(9_000, 1, 8_000);
  expect(all.heard).toEqual([{ from_ms: 500, to_ms: 900 }]);
  all.take();
  // It is on its way until the box answers.
  expect(spans(all)).toEqual([[1_000, 9_000]]);
  all.playing(9_500, 1, 8_500);
  all.credit([{ from_ms: 500, to_ms: 4_000 }]);
  expect(all.heard).toEqual([{ from_ms: 500, to_ms: 4_000 }]);
  expect(spans(all)).toEqual([[9_000, 9_500]]);
});

test("what the box refuses to hear of is forgotten", () => {
  const all = new PlayedRanges();
  all.playing(0, 1, 0);
  all.playing(1_000, 1, 1_000);
  all.lift();
  all.take();
  all.drop();
  expect([all.pending, all.heard]).toEqual([[], []]);
});
