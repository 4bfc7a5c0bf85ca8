// The sound of a call behind a small adapter: play, seek, play a moment, speed. One sound plays at
// a time.
import { useEffect, useReducer, useState } from "preact/hooks";
import { audioUrl, type Span } from "../api";

/** What a browser that refuses Ogg gets: the same packets as WebM, at last plain samples. */
const OTHER_FORMATS = ["webm", "wav"];
const SLOWEST = 0.5;
const FASTEST = 2;

let playing: HTMLAudioElement | undefined;
/** What begins to play silences what played before. */
export function alone(audio: HTMLAudioElement) {
  if (playing !== audio) playing?.pause();
  playing = audio;
}
/** It is taken off the page. */
export function silence(audio: HTMLAudioElement) {
  audio.pause();
  if (playing === audio) playing = undefined;
}

export class CallSound {
  /** The sound did not come. */
  trouble = false;
  private readonly audio = new Audio();
  private readonly listeners = new Set<() => void>();
  private readonly others = [...OTHER_FORMATS];
  private until: number | undefined;
  private frame = 0;

  constructor(
    private readonly call: string,
    readonly length: number,
  ) {
    this.audio.preload = "none";
    this.audio.preservesPitch = true;
    this.audio.src = audioUrl(call);
    for (const event of ["pause", "seeked", "ended", "loadedmetadata"])
      this.audio.addEventListener(event, () => this.tell());
    this.audio.addEventListener("timeupdate", () => this.sample());
    this.audio.addEventListener("play", () => this.begun());
    this.audio.addEventListener("error", () => this.failed());
  }

  get now(): number {
    return Math.min(this.length, this.audio.currentTime * 1000);
  }
  get on(): boolean {
    return !this.audio.paused;
  }
  get rate(): number {
    return this.audio.playbackRate;
  }

  toggle() {
    this.until = undefined;
    if (this.on) return this.audio.pause();
    if (this.now >= this.length - 200) this.seek(0);
    this.play();
  }

  seek(ms: number) {
    this.until = undefined;
    this.audio.currentTime = Math.min(this.length, Math.max(0, ms)) / 1000;
    this.tell();
  }

  clip({ from_ms, to_ms }: Span) {
    this.seek(from_ms);
    this.until = to_ms;
    this.play();
  }

  faster(step: number) {
    const rate = Math.min(FASTEST, Math.max(SLOWEST, this.rate + step));
    this.audio.defaultPlaybackRate = rate;
    this.audio.playbackRate = rate;
    this.tell();
  }

  /** Calls `then` after each change. Returns the function that unsubscribes. */
  listen(then: () => void): () => void {
    this.listeners.add(then);
    return () => void this.listeners.delete(then);
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.listeners.clear();
    silence(this.audio);
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  private play() {
    if (this.trouble) this.audio.load();
    this.trouble = false;
    void this.audio.play().catch((e: unknown) => {
      // A pause before the first sound is no trouble.
      if ((e as Error).name !== "AbortError") this.fail();
    });
  }

  private begun() {
    alone(this.audio);
    cancelAnimationFrame(this.frame);
    const step = () => {
      this.sample();
      if (this.on) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
    this.tell();
  }

  /** Stops at the moment's end, and moves the playhead. */
  private sample() {
    if (this.until !== undefined && this.now >= this.until) {
      this.until = undefined;
      this.audio.pause();
    }
    this.tell();
  }

  private failed() {
    const next = this.others.shift();
    const refused = this.audio.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    if (!next || !refused) return this.fail();
    this.audio.src = `${audioUrl(this.call)}?as=${next}`;
    void this.audio.play().catch(() => undefined);
  }

  private fail() {
    this.trouble = true;
    this.audio.pause();
    this.tell();
  }

  private tell() {
    this.listeners.forEach((then) => then());
  }
}

/** The sound of one call while its component shows; drawn again as it plays. */
export function useSound(call: string, length: number): CallSound {
  const [sound] = useState(() => new CallSound(call, length));
  const [, draw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const stop = sound.listen(() => draw(undefined));
    return () => {
      stop();
      sound.close();
    };
  }, [sound]);
  return sound;
}
