// The player behind a small adapter: one audio element, speed, lanes, silence skipping, and what was played.
import type { Played, Span } from "../api";
import type { Heard } from "./heard";
import { skipTo } from "./judging";
import { PlayedRanges } from "./played";

export interface Settings {
  rate: number;
  skip: boolean;
  volume: number;
  lanes: "both" | "telemarketer" | "prospect";
}
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
  private readonly ranges: PlayedRanges;
  private until: { to: number; from: number; loop: boolean } | undefined;
  private frame = 0;
  private gains: [GainNode, GainNode] | undefined;
  private context: AudioContext | undefined;

  /** `audio` is an element that has loaded the same sound ahead. */
  constructor(
    url: string,
    private readonly speech: Span[],
    private readonly moved: () => void,
    failed: () => void,
    /** It stopped: what was played can be told. */
    private readonly stopped: () => void,
    credited: Heard = [],
    readonly audio = new Audio(),
  ) {
    this.ranges = new PlayedRanges(credited);
    this.audio.preload = "auto";
    if (!this.audio.src) this.audio.src = url;
    // A player that refuses Ogg gets the same packets as WebM, and at last plain samples.
    const others = ["webm", "wav"];
    this.audio.addEventListener("error", () => {
      const next = others.shift();
      if (!next || this.audio.error?.code !== MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED)
        return failed();
      this.audio.src = `${url}?as=${next}`;
    });
    for (const event of ["play", "pause", "seeked", "ended", "loadedmetadata"])
      this.audio.addEventListener(event, moved);
    this.audio.addEventListener("play", () => this.follow());
    // The browser does not draw a page in the background, but its sound goes on.
    this.audio.addEventListener("timeupdate", () => this.sample());
    // At the end, or by a key on a headset.
    this.audio.addEventListener("pause", () => {
      this.stop();
      this.stopped();
    });
    this.audio.addEventListener("seeking", () => this.ranges.lift());
    this.apply();
  }

  /** What the box credits. */
  get heard(): Heard {
    return this.ranges.heard;
  }

  /** What was played and that the box has not answered for yet. */
  get pending(): Span[] {
    if (this.playing) this.note();
    return this.ranges.pending;
  }

  get now(): number {
    return this.audio.currentTime * 1000;
  }

  get playing(): boolean {
    return !this.audio.paused;
  }

  toggle() {
    this.until = undefined;
    if (this.playing) {
      this.stop();
      this.audio.pause();
    } else void this.audio.play().catch(() => undefined);
  }

  seek(ms: number) {
    this.until = undefined;
    this.jump(ms);
    this.moved();
  }

  /** Plays on from there; where it plays there already, it just goes on. */
  playFrom(ms: number) {
    if (!this.playing || Math.abs(ms - this.now) > 100) this.seek(ms);
    if (!this.playing) this.toggle();
  }

  clip(from: number, to: number, loop: boolean) {
    this.jump(from);
    this.until = { from, to, loop };
    void this.audio.play().catch(() => undefined);
  }

  faster(step: number) {
    this.set({ rate: Math.min(2, Math.max(0.5, this.settings.rate + step)) });
  }

  louder(step: number) {
    this.set({
      volume: Math.round(Math.min(1, Math.max(0, this.settings.volume + step)) * 10) / 10,
    });
  }

  set(part: Partial<Settings>) {
    if (this.playing) this.note();
    this.settings = { ...this.settings, ...part };
    localStorage.setItem(KEPT, JSON.stringify(this.settings));
    this.apply();
    this.moved();
  }

  close() {
    cancelAnimationFrame(this.frame);
    if (this.playing) this.stop();
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

  /** Splits the lanes only when one of them is asked for. */
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

  /** Takes the ranges played since the last call. */
  takePlayed(): Played[] {
    if (this.playing) this.note();
    return this.ranges.take();
  }

  putBack(played: Played[]) {
    this.ranges.putBack(played);
  }

  /** The box answered a report: it credits this. */
  credit(heard: Heard) {
    this.ranges.credit(heard);
    this.moved();
  }

  /** The box refused a report. */
  drop() {
    this.ranges.drop();
    this.moved();
  }

  /** Loads the sound again after a failure, and stands where it stood. */
  reload() {
    const at = this.audio.currentTime;
    this.audio.load();
    this.audio.currentTime = at;
  }

  /** Ends the open range. */
  private stop() {
    this.note();
    this.ranges.lift();
  }

  private note() {
    this.ranges.playing(this.now, this.settings.rate, performance.now());
  }

  /** Moves the playhead; the range up to here ends first. */
  private jump(ms: number) {
    if (this.playing) this.note();
    this.ranges.lift();
    this.audio.currentTime = Math.max(0, ms) / 1000;
  }

  private follow() {
    cancelAnimationFrame(this.frame);
    const step = () => {
      this.sample();
      if (this.playing) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  /** Notes the playhead; stops or loops at a clip's end; jumps over silence. */
  private sample() {
    if (!this.playing) return;
    this.note();
    const now = this.now;
    if (this.until && now >= this.until.to) {
      if (this.until.loop) this.jump(this.until.from);
      else {
        this.until = undefined;
        this.audio.pause();
      }
    } else if (this.settings.skip && !this.until) {
      const to = skipTo(this.speech, now);
      if (to > now + 300) this.jump(to);
    }
    this.moved();
  }
}
