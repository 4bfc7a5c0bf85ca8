// The next claim, taken and loaded while this one's verdict is on hold, so that N opens it at once.
import * as api from "../api";
import type { Source } from "./source";

type Taken = api.Result<api.Review | null>;

export class Ahead {
  constructor(private readonly source: Source) {}

  private taken: Promise<Taken> | undefined;
  private claim: string | undefined;
  private audio: HTMLAudioElement | undefined;
  private peaks: Promise<unknown> | undefined;

  /** Takes the next claim and lets the browser load its sound. */
  fetch() {
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

  /** Hands it over; what was not fetched, or was not there yet, is asked for now. */
  async next(): Promise<Taken> {
    const r = await this.taken;
    this.taken = this.claim = this.peaks = undefined;
    return r?.ok && r.value ? r : this.source.takeNext();
  }

  /** The element that has loaded this call's sound, once. */
  sound(url: string): HTMLAudioElement | undefined {
    const audio = this.audio;
    if (!audio?.src.endsWith(url)) return undefined;
    this.audio = undefined;
    return audio;
  }

  /** Puts it back into the queue: the reviewer stays with the claim at hand. */
  async putBack() {
    const r = await this.taken;
    // What is still loading would be refused once the claim is somebody else's.
    this.audio?.removeAttribute("src");
    this.audio?.load();
    await this.peaks;
    this.forget();
    if (r?.ok && r.value) await this.source.release(r.value.id);
  }

  /** The page goes away, and what it had taken goes back to the queue. */
  leave() {
    if (this.claim) this.source.releaseLeaving(this.claim);
    this.forget();
  }

  private forget() {
    this.audio?.removeAttribute("src");
    this.audio?.load();
    this.taken = this.claim = this.audio = this.peaks = undefined;
  }
}
