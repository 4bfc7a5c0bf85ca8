import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FakeAudio, lastAudio, playOn } from "../../testing/sound";
import type { Heard } from "./heard";
import { kept, Player } from "./player";

const SPEECH = [
  { from_ms: 1_000, to_ms: 3_000 },
  { from_ms: 20_000, to_ms: 22_000 },
];
const [moved, failed, stopped] = [vi.fn(), vi.fn(), vi.fn()];
let player: Player;
let audio: FakeAudio;

function make(credited: Heard = []) {
  player = new Player("/sound", SPEECH, moved, failed, stopped, credited);
  audio = lastAudio();
}
/** Begins to play, and the first frame is drawn. */
function start() {
  player.toggle();
  vi.advanceTimersByTime(20);
}
const played = () => player.pending.map((s) => [s.from_ms, s.to_ms]);

beforeEach(() => {
  vi.useFakeTimers();
  moved.mockClear();
  failed.mockClear();
  make();
});
afterEach(() => player.close());

describe("playing", () => {
  test("Space plays and pauses, and what was played is noted to the last", () => {
    start();
    expect(player.playing).toBe(true);
    playOn(1_200);
    player.toggle();
    expect(player.playing).toBe(false);
    expect(player.takePlayed()).toEqual([{ from_ms: 0, to_ms: 1_200, speed: 1 }]);
    expect(played()).toEqual([[0, 1_200]]);
    expect(player.takePlayed()).toEqual([]);
    // It can be told at once.
    expect(stopped).toHaveBeenCalled();
  });

  test("what is asked for while it plays goes on without a hole", () => {
    start();
    playOn(1_000);
    expect(player.takePlayed()).toEqual([{ from_ms: 0, to_ms: 1_000, speed: 1 }]);
    playOn(500);
    expect(player.takePlayed()).toEqual([{ from_ms: 1_000, to_ms: 1_500, speed: 1 }]);
  });

  test("at the end, or by a key of a headset, it stands where it stopped", () => {
    start();
    playOn(700);
    audio.ends();
    expect(player.takePlayed()).toEqual([{ from_ms: 0, to_ms: 700, speed: 1 }]);
  });

  test("what the box did not take is told again", () => {
    start();
    playOn(500);
    const played = player.takePlayed();
    player.putBack(played);
    expect(player.takePlayed()).toEqual(played);
  });

  test("what was heard before is known", () => {
    make([{ from_ms: 500, to_ms: 1_500 }]);
    expect(player.heard).toEqual([{ from_ms: 500, to_ms: 1_500 }]);
    player.credit([{ from_ms: 0, to_ms: 1_500 }]);
    expect(player.heard).toEqual([{ from_ms: 0, to_ms: 1_500 }]);
  });

  test("a seek was not played", () => {
    start();
    playOn(500);
    player.seek(10_000);
    playOn(500);
    player.toggle();
    expect(player.takePlayed().map((p) => [p.from_ms, p.to_ms])).toEqual([
      [0, 500],
      [10_000, 10_500],
    ]);
  });

  test("nor was a drag over the wave, however short", () => {
    start();
    playOn(500);
    audio.currentTime = 1;
    playOn(500);
    player.toggle();
    expect(player.takePlayed().map((p) => [p.from_ms, p.to_ms])).toEqual([
      [0, 500],
      [1_000, 1_500],
    ]);
  });

  test("a seek goes no further back than the start", () => {
    player.seek(-5_000);
    expect(player.now).toBe(0);
    expect(moved).toHaveBeenCalled();
  });

  test("every move is drawn, and nothing more once it is closed", () => {
    start();
    playOn(100);
    expect(moved).toHaveBeenCalled();
    player.close();
    moved.mockClear();
    vi.advanceTimersByTime(1_000);
    expect([moved.mock.calls.length, audio.paused, audio.src]).toEqual([0, true, ""]);
  });
});

describe("clips", () => {
  test("a clip plays from its start and stops at its end", () => {
    player.clip(2_000, 3_000, false);
    expect([audio.currentTime, player.playing]).toEqual([2, true]);
    playOn(900);
    expect(player.playing).toBe(true);
    playOn(100);
    expect(player.playing).toBe(false);
    expect(played()).toEqual([[2_000, 3_000]]);
  });

  test("a loop begins again until somebody stops it", () => {
    player.clip(2_000, 3_000, true);
    playOn(1_000);
    expect([player.playing, player.now]).toEqual([true, 2_000]);
    playOn(1_000);
    expect(player.now).toBe(2_000);
    player.toggle();
    expect(player.playing).toBe(false);
    // Space afterwards plays on past its end.
    start();
    playOn(1_500);
    expect([player.playing, player.now]).toEqual([true, 3_500]);
  });

  test("playing from where it plays already goes on, and elsewhere it jumps", () => {
    player.playFrom(4_000);
    playOn(500);
    player.playFrom(4_500);
    expect([player.now, player.playing]).toEqual([4_500, true]);
    playOn(500);
    expect(played()).toEqual([[4_000, 5_000]]);
    player.playFrom(9_000);
    expect([player.now, player.playing]).toEqual([9_000, true]);
  });

  test("a sound that failed is loaded again, at its place", () => {
    player.seek(7_000);
    const loads = audio.loads;
    player.reload();
    expect([audio.loads, player.now]).toEqual([loads + 1, 7_000]);
  });

  test("a seek lets the clip go", () => {
    player.clip(2_000, 3_000, false);
    player.seek(2_900);
    playOn(500);
    expect(player.playing).toBe(true);
  });
});

describe("settings", () => {
  test("speed stays between a half and twice, and what was played is kept by speed", () => {
    start();
    playOn(500);
    for (let n = 0; n < 10; n++) player.faster(0.25);
    expect([player.settings.rate, audio.playbackRate]).toEqual([2, 2]);
    playOn(500);
    player.toggle();
    expect(player.takePlayed()).toEqual([
      { from_ms: 0, to_ms: 500, speed: 1 },
      { from_ms: 500, to_ms: 1_500, speed: 2 },
    ]);
    for (let n = 0; n < 10; n++) player.faster(-0.25);
    expect(player.settings.rate).toBe(0.5);
  });

  test("volume goes in tenths from nothing to all", () => {
    for (let n = 0; n < 3; n++) player.louder(-0.1);
    expect([player.settings.volume, audio.volume]).toEqual([0.7, 0.7]);
    for (let n = 0; n < 12; n++) player.louder(-0.1);
    expect(player.settings.volume).toBe(0);
    for (let n = 0; n < 12; n++) player.louder(0.1);
    expect(player.settings.volume).toBe(1);
  });

  test("they stay from call to call, but for the lanes", () => {
    player.set({ rate: 1.5, skip: true, volume: 0.8 });
    localStorage.setItem("assay.player", JSON.stringify({ ...player.settings, lanes: "prospect" }));
    make();
    expect(player.settings).toEqual({ rate: 1.5, skip: true, volume: 0.8, lanes: "both" });
    expect([audio.playbackRate, audio.volume]).toEqual([1.5, 0.8]);
  });

  test("what is kept and cannot be read is as at first", () => {
    localStorage.setItem("assay.player", "{broken");
    expect(kept()).toEqual({ rate: 1, skip: false, volume: 1, lanes: "both" });
  });

  test("silence is left out where that was asked for, to just before the next word", () => {
    player.set({ skip: true });
    start();
    playOn(100);
    // It begins at 850, and 3,250 is where the word has ended.
    expect(player.now).toBe(950);
    playOn(2_300);
    expect(player.now).toBe(19_850);
    player.toggle();
    // What was left out was not heard.
    expect(played().some(([from = 0, to = 0]) => from < 19_000 && to > 3_600)).toBe(false);
  });

  test("a clip is played with its silence", () => {
    player.set({ skip: true });
    player.clip(4_000, 6_000, false);
    playOn(1_000);
    expect(player.now).toBe(5_000);
  });
});

describe("lanes", () => {
  const gains: { gain: { value: number } }[] = [];
  let contexts = 0;
  beforeEach(() => {
    gains.length = contexts = 0;
    const node = () => ({ connect: () => undefined, gain: { value: 1 } });
    vi.stubGlobal(
      "AudioContext",
      class {
        constructor() {
          contexts += 1;
        }
        destination = {};
        createChannelSplitter = node;
        createChannelMerger = node;
        createMediaElementSource = node;
        createGain = () => {
          const gain = node();
          gains.push(gain);
          return gain;
        };
        resume = () => Promise.resolve();
        close = () => Promise.resolve();
      },
    );
  });
  const heard = () => gains.map((g) => g.gain.value);

  test("they are taken apart only when one of them is asked for, once", () => {
    player.faster(0.25);
    expect(contexts).toBe(0);
    player.set({ lanes: "telemarketer" });
    expect(heard()).toEqual([1, 0]);
    player.set({ lanes: "prospect" });
    expect(heard()).toEqual([0, 1]);
    player.set({ lanes: "both" });
    expect([heard(), contexts]).toEqual([[1, 1], 1]);
  });
});

describe("a browser that cannot play it", () => {
  test("asks for other wrappings of the same sound, then gives up", () => {
    expect(audio.src).toBe("/sound");
    audio.breaks(4);
    expect(audio.src).toBe("/sound?as=webm");
    audio.breaks(4);
    expect(audio.src).toBe("/sound?as=wav");
    expect(failed).not.toHaveBeenCalled();
    audio.breaks(4);
    expect(failed).toHaveBeenCalledOnce();
  });

  test("where the network failed another wrapping would not help", () => {
    audio.breaks(2);
    expect([audio.src, failed.mock.calls.length]).toEqual(["/sound", 1]);
  });
});
