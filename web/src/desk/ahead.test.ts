import { beforeEach, expect, test, vi } from "vitest";
import { Box, nothing, pass, refusal, settle } from "../../testing/box";
import { review, sound } from "../../testing/made";
import { FakeAudio, lastAudio } from "../../testing/sound";
import { Ahead } from "./ahead";
import { CLAIMS, SECOND_REVIEWS } from "./source";

const NEXT = review({ id: "r2", calls: [sound({ call: "c9" })] });
let box: Box;
let beacons: string[];

beforeEach(() => {
  beacons = [];
  vi.stubGlobal("navigator", { sendBeacon: (url: string) => beacons.push(url) > 0 });
  box = new Box({
    "POST /review/take": NEXT,
    "POST /review/r2/release": nothing,
    "GET /calls/c9/peaks": {},
    "POST /second-reviews/take": NEXT,
  });
});

test("the next item is taken once and its sound begins to load", async () => {
  const ahead = new Ahead(CLAIMS);
  ahead.fetch();
  ahead.fetch();
  await settle();
  expect(box.asked.map((a) => a.path)).toEqual(["/review/take", "/calls/c9/peaks"]);
  expect([lastAudio().src, lastAudio().preload]).toEqual(["/api/v1/calls/c9/audio", "auto"]);
});

test("it is handed over, its sound once, and the one after it is asked for anew", async () => {
  const ahead = new Ahead(CLAIMS);
  ahead.fetch();
  expect(await ahead.next()).toEqual({ ok: true, value: NEXT });
  expect(box.count("POST /review/take")).toBe(1);
  expect(ahead.sound("/api/v1/calls/c1/audio")).toBeUndefined();
  expect(ahead.sound("/api/v1/calls/c9/audio")).toBe(lastAudio());
  expect(ahead.sound("/api/v1/calls/c9/audio")).toBeUndefined();
  await ahead.next();
  expect(box.count("POST /review/take")).toBe(2);
});

test("what was not there yet is asked for when it is wanted", async () => {
  const ahead = new Ahead(CLAIMS);
  box.answers["POST /review/take"] = null;
  ahead.fetch();
  await settle();
  expect(FakeAudio.all.length).toBe(0);
  box.answers["POST /review/take"] = NEXT;
  expect(await ahead.next()).toEqual({ ok: true, value: NEXT });
});

test("so is what could not be had", async () => {
  const ahead = new Ahead(CLAIMS);
  box.answers["POST /review/take"] = refusal(503, "Busy", "Try again.");
  ahead.fetch();
  const r = await ahead.next();
  expect([r.ok, box.count("POST /review/take")]).toEqual([false, 2]);
});

test("given back, it loads no more and is forgotten", async () => {
  const ahead = new Ahead(CLAIMS);
  ahead.fetch();
  await settle();
  const audio = lastAudio();
  await ahead.putBack();
  expect([audio.src, audio.loads > 0]).toEqual(["", true]);
  expect(box.count("POST /review/r2/release")).toBe(1);
  await ahead.putBack();
  ahead.leave();
  expect([box.count("POST /review/r2/release"), beacons]).toEqual([1, []]);
});

test("a desk that is left alone holds nothing: after two minutes it goes back", async () => {
  vi.useFakeTimers();
  const ahead = new Ahead(CLAIMS);
  ahead.fetch();
  await pass(119_000);
  expect(box.count("POST /review/r2/release")).toBe(0);
  await pass(1_000);
  expect(box.sent("POST /review/r2/release")).toEqual([{ reason: "break" }]);
  // What was opened is nobody's to give back.
  ahead.fetch();
  await ahead.next();
  await pass(200_000);
  expect(box.count("POST /review/r2/release")).toBe(1);
});

test("a page that goes gives it back by a beacon, to its own queue", async () => {
  for (const [source, address] of [
    [CLAIMS, "/api/v1/review/r2/release"],
    [SECOND_REVIEWS, "/api/v1/second-reviews/r2/release"],
  ] as const) {
    const ahead = new Ahead(source);
    ahead.fetch();
    await settle();
    ahead.leave();
    ahead.leave();
    expect(beacons.splice(0)).toEqual([address]);
  }
});

test("a page that had taken nothing gives nothing back", () => {
  new Ahead(CLAIMS).leave();
  expect(beacons).toEqual([]);
});
