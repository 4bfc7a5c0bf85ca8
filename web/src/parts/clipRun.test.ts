import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeAudio } from "../../testing/sound";
import { ClipRun, fitted } from "./clipRun";

const clip = (call: string, from_ms: number, to_ms: number) => ({ call, from_ms, to_ms });

describe("clips in ninety seconds", () => {
  test("short ones stay as they are", () => {
    const clips = [clip("a", 0, 18_000), clip("a", 50_000, 68_000)];
    expect(fitted(clips)).toBe(clips);
  });

  test("long ones are cut to a share, and what a short one leaves goes to the others", () => {
    const cut = fitted([clip("a", 0, 10_000), clip("a", 0, 60_000), clip("b", 5_000, 65_000)]);
    expect(cut.map((c) => c.to_ms - c.from_ms)).toEqual([10_000, 39_000, 39_000]);
    expect(cut.map((c) => c.from_ms)).toEqual([0, 0, 5_000]);
  });
});

describe("one after another", () => {
  let frame: FrameRequestCallback | undefined;
  beforeEach(() => {
    FakeAudio.all = [];
    vi.stubGlobal("Audio", FakeAudio);
    vi.stubGlobal("requestAnimationFrame", (f: FrameRequestCallback) => ((frame = f), 1));
    vi.stubGlobal("cancelAnimationFrame", () => (frame = undefined));
  });
  const at = (audio: FakeAudio | undefined, ms: number) => {
    if (!audio) throw new Error("no sound");
    audio.currentTime = ms / 1000;
    audio.goes(0);
    frame?.(0);
  };

  test("one press plays all of them, over two calls, and the last ends it", () => {
    const run = new ClipRun([clip("a", 1_000, 3_000), clip("b", 4_000, 6_000)]);
    const [a, b] = FakeAudio.all;
    run.toggle();
    expect([run.at, a?.currentTime, run.on]).toEqual([0, 1, true]);
    at(a, 2_000);
    expect(run.played).toBe(1_000);
    at(a, 3_000);
    expect([run.at, a?.paused, b?.currentTime, b?.paused]).toEqual([1, true, 4, false]);
    at(b, 5_000);
    at(b, 6_000);
    expect([run.on, run.at]).toEqual([false, 1]);
    run.toggle();
    expect(run.at).toBe(0);
    run.close();
  });

  test("paused it goes on from where it was", () => {
    const run = new ClipRun([clip("a", 1_000, 9_000), clip("a", 20_000, 22_000)]);
    const [a] = FakeAudio.all;
    run.toggle();
    at(a, 5_000);
    run.toggle();
    expect([run.on, run.at]).toEqual([false, 0]);
    run.toggle();
    expect([run.on, a?.currentTime]).toEqual([true, 5]);
    at(a, 9_000);
    expect([run.at, a?.currentTime]).toEqual([1, 20]);
  });

  test("one clip alone stops at its end, and the arrows go from clip to clip", () => {
    const run = new ClipRun([clip("a", 0, 2_000), clip("a", 5_000, 7_000)]);
    const [a] = FakeAudio.all;
    run.one(1);
    at(a, 6_000);
    at(a, 7_000);
    expect([run.on, run.at]).toEqual([false, 1]);
    run.step(-1);
    expect([run.on, run.at]).toEqual([true, 0]);
    run.step(-1);
    expect(run.at).toBe(0);
  });
});
