// The player behind a small adapter: one audio element, speed, lanes, silence skipping, and what was played.
import type { Played, Stretch } from "../api";
import { skipTo } from "./judging";

export interface Settings { rate: number; skip: boolean; volume: number; lanes: "both" | "telemarketer" | "prospect" }
const KEPT = "assay.player";
const FIRST: Settings = { rate: 1, skip: false, volume: 1, lanes: "both" };

/** Speed, volume and silence skipping stay as they were, from call to call and from day to day. */
export function kept(): Settings {
  try {
    return { ...FIRST, ...JSON.parse(localStorage.getItem(KEPT) ?? "{}"), lanes: "both" };
  } catch {
    return FIRST;
  }
}

export class Player {
  settings = kept();
  /** Half seconds that were played for their larger part, so that seeking back counts nothing twice. */
  readonly heard = new Set<number>();
  private played: Played[] = [];
  private span: Played | undefined;
  private until: { to: number; from: number; loop: boolean } | undefined;
  private frame = 0;
  private gains: [GainNode, GainNode] | undefined;
  private context: AudioContext | undefined;

  /** `audio` is an element that has loaded the same sound ahead. */
  constructor(url: string, private readonly speech: Stretch[], private readonly moved: () => void, failed: () => void, before = "", readonly audio = new Audio()) {
    [...before].forEach((speed, half) => speed !== "0" && this.heard.add(half));
    this.audio.preload = "auto";
    if (!this.audio.src) this.audio.src = url;
    // A player that refuses Ogg gets the same packets as WebM, and at last plain samples.
    const others = ["webm", "wav"];
    this.audio.addEventListener("error", () => {
      const next = others.shift();
      if (!next || this.audio.error?.code !== MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED) return failed();
      this.audio.src = `${url}?as=${next}`;
    });
    for (const event of ["play", "pause", "seeked", "ended", "loadedmetadata"]) this.audio.addEventListener(event, moved);
    this.audio.addEventListener("play", () => this.follow());
    this.apply();
  }

  get now(): number {
    return this.audio.currentTime * 1000;
  }

  get playing(): boolean {
    return !this.audio.paused;
  }

  toggle() {
    this.until = undefined;
    if (this.playing) this.audio.pause();
    else void this.audio.play().catch(() => undefined);
  }

  seek(ms: number) {
    this.until = undefined;
    this.audio.currentTime = Math.max(0, ms) / 1000;
    this.moved();
  }

  clip(from: number, to: number, loop: boolean) {
    this.audio.currentTime = from / 1000;
    this.until = { from, to, loop };
    void this.audio.play().catch(() => undefined);
  }

  faster(step: number) {
    this.set({ rate: Math.min(2, Math.max(0.5, this.settings.rate + step)) });
  }

  louder(step: number) {
    this.set({ volume: Math.round(Math.min(1, Math.max(0, this.settings.volume + step)) * 10) / 10 });
  }

  set(part: Partial<Settings>) {
    this.settings = { ...this.settings, ...part };
    localStorage.setItem(KEPT, JSON.stringify(this.settings));
    this.apply();
    this.moved();
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
    void this.context?.close();
  }

  private apply() {
    this.audio.playbackRate = this.settings.rate;
    this.audio.defaultPlaybackRate = this.settings.rate;
    this.audio.preservesPitch = true;
    this.audio.volume = this.settings.volume;
    if (this.settings.lanes !== "both" || this.gains) this.route();
  }

  /** Takes the lanes apart only when somebody asks for one of them. */
  private route() {
    if (!this.gains) {
      const context = (this.context = new AudioContext());
      const splitter = context.createChannelSplitter(2);
      context.createMediaElementSource(this.audio).connect(splitter);
      this.gains = [context.createGain(), context.createGain()];
      const merger = context.createChannelMerger(2);
      this.gains.forEach((gain, lane) => {
        splitter.connect(gain, lane);
        gain.connect(merger, 0, lane);
      });
      merger.connect(context.destination);
    }
    void this.context?.resume();
    const { lanes } = this.settings;
    this.gains[0].gain.value = lanes === "prospect" ? 0 : 1;
    this.gains[1].gain.value = lanes === "telemarketer" ? 0 : 1;
  }

  /** What was played since the last time this was asked, each stretch with its speed. */
  takePlayed(): Played[] {
    const open = this.span;
    const taken = [...this.played, ...(open ? [open] : [])].map((p) => ({ ...p, from_ms: Math.round(p.from_ms), to_ms: Math.round(p.to_ms) })).filter((p) => p.to_ms > p.from_ms);
    this.played = [];
    this.span = open && { ...open, from_ms: Math.round(open.to_ms) };
    return taken;
  }

  /** What could not be told comes again with the next. */
  putBack(played: Played[]) {
    this.played.unshift(...played);
  }

  /** Extends the stretch that is playing; a jump or another speed begins a new one. */
  private note(now: number) {
    const speed = this.settings.rate;
    const span = this.span;
    const on = span && span.speed === speed && now >= span.to_ms && now - span.to_ms < 1000;
    if (!on) {
      if (span) this.played.push(span);
      this.span = { from_ms: now, to_ms: now, speed };
      return;
    }
    const from = Math.floor((span.to_ms + 250) / 500);
    span.to_ms = now;
    // As the box counts: the larger part of a half second.
    for (let half = Math.min(from, Math.floor((span.from_ms + 250) / 500)); half < Math.floor((now + 250) / 500); half++) if (half * 500 + 250 >= span.from_ms) this.heard.add(half);
  }

  private follow() {
    cancelAnimationFrame(this.frame);
    const step = () => {
      if (!this.playing) return;
      const now = this.now;
      this.note(now);
      if (this.until && now >= this.until.to) {
        if (this.until.loop) this.audio.currentTime = this.until.from / 1000;
        else {
          this.until = undefined;
          this.audio.pause();
        }
      } else if (this.settings.skip && !this.until) {
        const to = skipTo(this.speech, now);
        if (to > now + 300) this.audio.currentTime = to / 1000;
      }
      this.moved();
      this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }
}
