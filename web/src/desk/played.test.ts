import { expect, test } from "vitest";
import { PlayedRanges } from "./played";

const halves = (of: PlayedRanges) => [...of.heard].sort((a, b) => a - b);

test("a page that is not drawn for a while has played on", () => {
  const all = new PlayedRanges();
  all.playing(0, 2, 10_000);
  all.playing(32, 2, 10_016);
  // Nine seconds without a frame, at twice the speed.
  all.playing(18_000, 2, 19_016);
  expect(halves(all)).toEqual([...Array(36).keys()]);
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
  expect(halves(all)).toEqual([0, 1, 60, 61]);
  expect(all.take().map((p) => [p.from_ms, p.to_ms])).toEqual([
    [0, 1_000],
    [30_000, 31_000],
  ]);
  // Back is a jump too, and what is heard again counts once.
  all.playing(500, 1, 2_032);
  all.playing(1_500, 1, 3_032);
  expect(halves(all)).toEqual([0, 1, 2, 60, 61]);
});

test("the clock of a pause is not time in which it played", () => {
  const all = new PlayedRanges();
  all.playing(0, 1, 0);
  all.playing(2_000, 1, 2_000);
  all.lift();
  all.playing(30_000, 1, 60_000);
  expect(halves(all)).toEqual([0, 1, 2, 3]);
  expect(all.take()).toEqual([{ from_ms: 0, to_ms: 2_000, speed: 1 }]);
});

test("each speed has its own stretch, what could not be told comes again, and what the box knows is kept", () => {
  const all = new PlayedRanges("0440");
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
  expect(halves(all)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});
