// The next claim, taken and loaded during the hold of this one's verdict, so that N opens it at once.
import * as api from "../api";
import type { Source } from "./source";

/** What was taken ahead and is not opened goes back after this long: a desk that is left alone holds nothing. */
const LEFT_ALONE_MS = 120_000;

type Taken = api.Result<api.Review | null>;

export class Ahead {
  constructor(private readonly source: Source) {}

  private taken: Promise<Taken> | undefined;
  private claim: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private audio: HTMLAudioElement | undefined;
  private peaks: Promise<unknown> | undefined;

  /** Takes the next claim and lets the browser load its sound. */
  fetch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.putBack(), LEFT_ALONE_MS);
    this.taken ??= this.source.takeNext().then((r) => {
      const sound = r.ok ? r.value?.calls[0] : undefined;
      if (r.ok && r.value) this.claim = r.value.id;
      if (sound) {
        this.audio = new Audio(api.audioUrl(sound.call));
        this.audio.preload = "auto";
        this.peaks = api.peaks(sound.call);
      }
      return r;
    });
  }

  /** Hands over the item that was taken ahead, or takes one now. */
  async next(): Promise<Taken> {
    clearTimeout(this.timer);
    const r = await this.taken;
    this.taken = this.claim = this.peaks = undefined;
    return r?.ok && r.value ? r : this.source.takeNext();
  }

  /** Hands over, once, the element that has loaded this sound. */
  sound(url: string): HTMLAudioElement | undefined {
    const audio = this.audio;
    if (!audio?.src.endsWith(url)) return undefined;
    this.audio = undefined;
    return audio;
  }

  /** Puts it back into the queue: the reviewer stays with the claim at hand. */
  async putBack() {
    await this.taken;
    // Stop loading first: the box refuses the sound of a claim that is somebody else's.
    this.audio?.removeAttribute("src");
    this.audio?.load();
    await this.peaks;
    // Opened meanwhile, it stays with this page.
    const claim = this.claim;
    this.forget();
    if (claim) await this.source.release(claim, "break");
  }

  /** Gives the item back when the page goes away. */
  leave() {
    if (this.claim) this.source.releaseLeaving(this.claim);
    this.forget();
  }

  private forget() {
    clearTimeout(this.timer);
    this.audio?.removeAttribute("src");
    this.audio?.load();
    this.taken = this.claim = this.audio = this.peaks = undefined;
  }
}
