// Clips of one or several calls, heard one after another: one press plays them all.
import { useEffect, useReducer, useState } from "preact/hooks";
import type { Evidence } from "../api";
import { CallSound } from "./sound";

/** A clip stops a moment before its end at most. */
const NEAR_END_MS = 120;

export class ClipRun {
  /** The clip at work; undefined before the first is played. */
  at: number | undefined;
  private readonly sounds = new Map<string, CallSound>();
  private readonly listeners = new Set<() => void>();
  private readonly stops: (() => void)[] = [];
  /** The clip at work has been playing: its pause at its end goes on to the next. */
  private begun = false;
  private through = false;

  constructor(readonly clips: Evidence[]) {
    for (const clip of clips) {
      if (this.sounds.has(clip.call)) continue;
      const sound = new CallSound(clip.call, Number.MAX_SAFE_INTEGER);
      this.sounds.set(clip.call, sound);
      this.stops.push(sound.listen(() => this.moved(sound)));
    }
  }

  get on(): boolean {
    return this.sound?.on ?? false;
  }
  get trouble(): boolean {
    return [...this.sounds.values()].some((s) => s.trouble);
  }
  /** Milliseconds played of the clip at work. */
  get played(): number {
    const clip = this.clip;
    return clip && this.sound ? Math.max(0, this.sound.now - clip.from_ms) : 0;
  }

  /** Plays on from the clip at work, or all of them from the first; again: pauses. */
  toggle() {
    if (this.on) {
      this.begun = false;
      return this.sound?.toggle();
    }
    const clip = this.clip;
    this.through = true;
    if (!clip || !this.sound || this.sound.now >= clip.to_ms - NEAR_END_MS) {
      const next = clip && this.at !== undefined && this.at + 1 < this.clips.length;
      return this.begin(next && this.at !== undefined ? this.at + 1 : 0);
    }
    this.sound.clip({ from_ms: this.sound.now, to_ms: clip.to_ms });
  }

  /** Plays one clip, and stops at its end. */
  one(index: number) {
    if (this.at === index && this.on) return this.toggle();
    this.through = false;
    this.begin(index);
  }

  /** Goes on to the next clip, or back to the one before. */
  step(by: number) {
    const next = (this.at ?? -1) + by;
    if (next < 0 || next >= this.clips.length) return;
    this.through = true;
    this.begin(next);
  }

  listen(then: () => void): () => void {
    this.listeners.add(then);
    return () => void this.listeners.delete(then);
  }

  close() {
    this.stops.forEach((stop) => stop());
    this.listeners.clear();
    this.sounds.forEach((s) => s.close());
  }

  private get clip(): Evidence | undefined {
    return this.at === undefined ? undefined : this.clips[this.at];
  }
  private get sound(): CallSound | undefined {
    return this.clip && this.sounds.get(this.clip.call);
  }

  private begin(index: number) {
    this.begun = false;
    this.at = index;
    const clip = this.clip;
    if (clip) this.sound?.clip(clip);
    this.tell();
  }

  private moved(sound: CallSound) {
    const clip = this.clip;
    if (clip && sound === this.sound) {
      const ended = this.begun && !sound.on && sound.now >= clip.to_ms - NEAR_END_MS;
      if (sound.on && sound.now >= clip.from_ms) this.begun = true;
      if (ended) {
        this.begun = false;
        const last = (this.at ?? 0) + 1 >= this.clips.length;
        if (this.through && !last) return this.begin((this.at ?? 0) + 1);
      }
    }
    this.tell();
  }

  private tell() {
    this.listeners.forEach((then) => then());
  }
}

/** A run of clips while its component shows; drawn again as it plays. */
export function useClipRun(clips: Evidence[]): ClipRun {
  const key = JSON.stringify(clips);
  const [kept, keep] = useState(() => ({ key, run: new ClipRun(clips) }));
  const [, draw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    if (kept.key !== key) keep({ key, run: new ClipRun(clips) });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  useEffect(() => {
    const stop = kept.run.listen(() => draw(undefined));
    return () => {
      stop();
      kept.run.close();
    };
  }, [kept]);
  return kept.run;
}

/** All clips together are heard in so much time at most. */
export const MOST_MS = 88_000;

/**
 * The clips, so short that they are heard in ninety seconds: where they are longer together, each is
 * cut to an equal share, and what a short one leaves over goes to the others.
 */
export function fitted<T extends { from_ms: number; to_ms: number }>(
  clips: T[],
  most = MOST_MS,
): T[] {
  const lengths = clips.map((c) => c.to_ms - c.from_ms);
  if (lengths.reduce((a, b) => a + b, 0) <= most) return clips;
  let [left, open] = [most, lengths.length];
  const share = new Map<number, number>();
  for (const i of lengths.map((_, i) => i).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0))) {
    const own = Math.min(lengths[i] ?? 0, left / open);
    share.set(i, own);
    left -= own;
    open -= 1;
  }
  return clips.map((c, i) => ({ ...c, to_ms: Math.round(c.from_ms + (share.get(i) ?? 0)) }));
}
