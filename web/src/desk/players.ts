// The players of one item: one for each of its calls, made when it is first asked for.
import { audioUrl, type Sound } from "../api";
import { type Heard, shareHeard } from "./heard";
import { Player } from "./player";
import type { Listened } from "./work";

const NOTHING: Heard = [];
export const speechOf = (sound: Sound) => sound.lanes.flatMap((l) => l.speech);

export class Players {
  private readonly made = new Map<string, Player>();
  private counted: { of: Heard[]; share: number } | undefined;

  /** `loaded` is an element that has this call's sound already, where there is one. */
  constructor(
    private readonly calls: Sound[],
    private readonly moved: () => void,
    private readonly failed: () => void,
    private readonly stopped: () => void,
    private readonly loaded: (url: string) => HTMLAudioElement | undefined,
  ) {}

  of(call: string | undefined): Player | undefined {
    const sound = this.calls.find((c) => c.call === call);
    if (!sound) return undefined;
    const known = this.made.get(sound.call);
    if (known) return known;
    const url = audioUrl(sound.call);
    const player = new Player(
      url,
      speechOf(sound),
      this.moved,
      this.failed,
      this.stopped,
      sound.heard ?? undefined,
      this.loaded(url),
    );
    this.made.set(sound.call, player);
    return player;
  }

  /** What the box credits, here or before. */
  get listened(): Listened {
    const heard = (call: string): Heard =>
      this.made.get(call)?.heard ?? this.calls.find((c) => c.call === call)?.heard ?? NOTHING;
    return { heard, share: this.share(heard) };
  }

  /** The same with what the box has not answered for yet: where nobody need be led again. */
  heardHere(call: string): Heard {
    return [...this.listened.heard(call), ...(this.made.get(call)?.pending ?? [])];
  }

  /** The page is drawn with each frame; the share changes with an answer of the box. */
  private share(heard: (call: string) => Heard): number {
    const of = this.calls.map((sound) => heard(sound.call));
    if (!this.counted || of.some((h, i) => h !== this.counted?.of[i])) {
      const calls = this.calls.map((sound, i) => ({ speech: speechOf(sound), heard: of[i] ?? [] }));
      this.counted = { of, share: shareHeard(calls) };
    }
    return this.counted.share;
  }

  /** Whether something was played that the box has not answered for yet. */
  get pending(): boolean {
    return [...this.made.values()].some((player) => player.pending.length > 0);
  }

  /** Loads all sound again after a failure. */
  reload() {
    this.made.forEach((player) => player.reload());
  }

  all(): [string, Player][] {
    return [...this.made];
  }

  close() {
    this.made.forEach((player) => player.close());
  }
}
