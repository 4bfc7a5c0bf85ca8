// Reports to the box every five seconds what was played. A report that fails is sent again with the next.
import * as api from "../api";
import type { Player } from "./player";

const EVERY_MS = 5_000;

export class Hearing {
  private timer: ReturnType<typeof setInterval> | undefined;
  /** The item left this page: nothing more is reported. */
  over = false;
  private reporting: Promise<void> = Promise.resolve();

  constructor(
    private readonly item: string,
    private readonly players: () => [string, Player][],
    private readonly refused: (problem: api.Problem) => void,
    private readonly kept: (until: string) => void,
  ) {}

  start() {
    this.timer = setInterval(() => void this.report(), EVERY_MS);
  }

  /** Resolves when the box knows all that was played so far, or has refused it. */
  report(): Promise<void> {
    this.reporting = this.reporting.then(() => this.once());
    return this.reporting;
  }

  stop() {
    clearInterval(this.timer);
    void this.report();
  }

  private async once() {
    for (const [call, player] of this.players()) {
      const played = player.takePlayed();
      if (played.length === 0 || this.over) continue;
      const r = await api.heard(this.item, call, played);
      if (r.ok) {
        player.credit(r.value.heard);
        this.kept(r.value.locked_until);
        continue;
      }
      if (r.problem.status === 0 || r.problem.status >= 500) player.putBack(played);
      else {
        player.drop();
        this.refused(r.problem);
      }
    }
  }
}
