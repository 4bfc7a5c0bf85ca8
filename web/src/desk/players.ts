// The players of one item: one for each of its calls, made when it is first asked for.
import { audioUrl, type Sound } from "../api";
import { type Heard, heardOf, shareHeard } from "./judging";
import { Player } from "./player";
import type { Listened } from "./work";

export const speechOf = (sound: Sound) => sound.lanes.flatMap((l) => l.speech);

export class Players {
  private readonly made = new Map<string, Player>();

  /** `loaded` is an element that has this call's sound already, where there is one. */
  constructor(
    private readonly calls: Sound[],
    private readonly moved: () => void,
    private readonly failed: () => void,
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
      sound.heard ?? undefined,
      this.loaded(url),
    );
    this.made.set(sound.call, player);
    return player;
  }

  /** What was heard so far, here or before. */
  get listened(): Listened {
    const heard = (call: string): Heard =>
      this.made.get(call)?.heard ?? heardOf(this.calls.find((c) => c.call === call)?.heard ?? "");
    return {
      heard,
      share: shareHeard(
        this.calls.map((sound) => ({ speech: speechOf(sound), heard: heard(sound.call) })),
      ),
    };
  }

  all(): [string, Player][] {
    return [...this.made];
  }

  close() {
    this.made.forEach((player) => player.close());
  }
}
