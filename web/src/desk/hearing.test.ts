import { beforeEach, expect, test, vi } from "vitest";
import { Box, pass, refusal, settle } from "../../testing/box";
import type { Played } from "../api";
import { Hearing } from "./hearing";
import type { Player } from "./player";

const CREDITED = [{ from_ms: 0, to_ms: 400, speed: 1 }];
const LISTENED = {
  speech_ms: 1,
  heard_ms: 1,
  share: 1,
  heard: CREDITED,
  locked_until: "2026-11-20T12:30:00Z",
};
const range = (from_ms: number): Played => ({ from_ms, to_ms: from_ms + 500, speed: 1 });
const [refused, kept, credit, drop] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
let box: Box;
let waiting: Played[];
let hearing: Hearing;
const told = () => box.sent("POST /review/r1/heard").map((b) => (b as { played: unknown }).played);

beforeEach(() => {
  vi.useFakeTimers();
  for (const f of [refused, kept, credit, drop]) f.mockClear();
  waiting = [];
  box = new Box({ "POST /review/r1/heard": LISTENED });
  const player = {
    takePlayed: () => waiting.splice(0),
    putBack: (played: Played[]) => waiting.unshift(...played),
    credit,
    drop,
  } as unknown as Player;
  hearing = new Hearing("r1", () => [["c1", player]], refused, kept);
  hearing.start();
});

test("every five seconds what was played is told, and nothing is not", async () => {
  await pass(5_000);
  expect(told()).toEqual([]);
  waiting.push(range(0));
  await pass(4_999);
  expect(told()).toEqual([]);
  await pass(1);
  expect(told()).toEqual([[range(0)]]);
  expect(kept).toHaveBeenCalledWith(LISTENED.locked_until);
});

test("what counts as heard is what the box answers", async () => {
  waiting.push(range(0));
  await pass(5_000);
  expect(credit).toHaveBeenCalledWith(CREDITED);
});

test("what could not be told is told with the next", async () => {
  for (const answer of [
    () => Promise.reject(new TypeError("offline")),
    refusal(503, "Busy", "Try again."),
  ]) {
    box.answers["POST /review/r1/heard"] = answer;
    waiting.push(range(0));
    await pass(5_000);
    box.answers["POST /review/r1/heard"] = LISTENED;
    waiting.push(range(500));
    await pass(5_000);
    expect(told().at(-1)).toEqual([range(0), range(500)]);
  }
  expect(refused).not.toHaveBeenCalled();
});

test("what the box does not believe is said and not told again", async () => {
  box.answers["POST /review/r1/heard"] = refusal(409, "Not counted", "Too much.");
  waiting.push(range(0));
  await pass(5_000);
  expect(refused).toHaveBeenCalledWith({ status: 409, title: "Not counted", detail: "Too much." });
  expect(drop).toHaveBeenCalledOnce();
  await pass(5_000);
  expect(told().length).toBe(1);
});

test("an item that went elsewhere is said, and nothing more is told of one that is over", async () => {
  box.answers["POST /review/r1/heard"] = refusal(404, "Not there", "It is not yours.");
  waiting.push(range(0));
  await pass(5_000);
  expect([refused.mock.calls.length, waiting]).toEqual([1, []]);
  hearing.over = true;
  waiting.push(range(500));
  await pass(5_000);
  expect(told().length).toBe(1);
});

test("reports go one after the other, so that none overtakes the one before", async () => {
  let answer: (value: unknown) => void = () => undefined;
  box.answers["POST /review/r1/heard"] = () => new Promise((resolve) => (answer = resolve));
  waiting.push(range(0));
  const first = hearing.report();
  await settle();
  waiting.push(range(500));
  const second = hearing.report();
  await settle();
  expect(told()).toEqual([[range(0)]]);
  answer(LISTENED);
  await first;
  await settle();
  expect(told()).toEqual([[range(0)], [range(500)]]);
  answer(LISTENED);
  await second;
});

test("stopped, it tells the last and no more", async () => {
  waiting.push(range(0));
  hearing.stop();
  await settle();
  expect(told()).toEqual([[range(0)]]);
  waiting.push(range(500));
  await pass(20_000);
  expect(told().length).toBe(1);
});
