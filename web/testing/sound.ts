// Sound without a loudspeaker: an audio element that plays as far as a test says.
import { vi } from "vitest";

export class FakeAudio extends EventTarget {
  /** All that were made in this test, oldest first. */
  static all: FakeAudio[] = [];

  preload = "";
  paused = true;
  volume = 1;
  playbackRate = 1;
  defaultPlaybackRate = 1;
  preservesPitch = false;
  error: { code: number } | null = null;
  loads = 0;
  /** In whole milliseconds, so that many steps add up. */
  private ms = 0;

  constructor(public src = "") {
    super();
    FakeAudio.all.push(this);
  }

  get currentTime() {
    return this.ms / 1000;
  }
  set currentTime(to: number) {
    this.ms = Math.round(to * 1000);
    this.dispatchEvent(new Event("seeking"));
    this.dispatchEvent(new Event("seeked"));
  }

  play() {
    this.paused = false;
    this.dispatchEvent(new Event("play"));
    return Promise.resolve();
  }
  pause() {
    if (this.paused) return;
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
  load() {
    this.loads += 1;
  }
  removeAttribute(name: string) {
    if (name === "src") this.src = "";
  }

  /** It has played on by so many milliseconds of sound. */
  goes(ms: number) {
    this.ms += ms;
    this.dispatchEvent(new Event("timeupdate"));
  }

  /** It came to the end of what there is. */
  ends() {
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
    this.dispatchEvent(new Event("ended"));
  }

  breaks(code: number) {
    this.error = { code };
    this.dispatchEvent(new Event("error"));
  }
}

/** The one that was made last, with no waiting: what plays now. */
export function lastAudio(): FakeAudio {
  const last = FakeAudio.all.at(-1);
  if (!last) throw new Error("nothing plays");
  return last;
}

/** Plays on for so many milliseconds, with the test's clock. */
export function playOn(ms: number, audio = lastAudio()) {
  for (let done = 0; done < ms; done += 100) {
    vi.advanceTimersByTime(100);
    audio.goes(100 * audio.playbackRate);
  }
}
