// Tells the box every five seconds what was played, and keeps what could not be told for the next time.
import * as api from "../api";
import type { Player } from "./player";

const EVERY_MS = 5_000;

export class Hearing {
  private timer: ReturnType<typeof setInterval> | undefined;
  /** The item is not with this page any more: there is nobody to tell. */
  over = false;
  private telling: Promise<void> = Promise.resolve();

  constructor(
    private readonly item: string,
    private readonly players: () => [string, Player][],
    private readonly refused: (problem: api.Problem) => void,
    private readonly kept: (until: string) => void,
  ) {}

  start() {
    this.timer = setInterval(() => void this.tell(), EVERY_MS);
  }

  /** Resolves when the box knows all that was played so far, or has refused it. */
  tell(): Promise<void> {
    this.telling = this.telling.then(() => this.once());
    return this.telling;
  }

  stop() {
    clearInterval(this.timer);
    void this.tell();
  }

  private async once() {
    for (const [call, player] of this.players()) {
      const played = player.takePlayed();
      if (played.length === 0 || this.over) continue;
      const r = await api.heard(this.item, call, played);
      if (r.ok) {
        this.kept(r.value.locked_until);
        continue;
      }
      if (r.problem.status === 0 || r.problem.status >= 500) player.putBack(played);
      else if (r.problem.status === 409) this.refused(r.problem);
    }
  }
}
