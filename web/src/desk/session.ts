// An open item beyond its state: its players, the reports of what was heard, and the requests that give an answer.
import * as api from "../api";
import type { Ahead } from "./ahead";
import { Hearing } from "./hearing";
import { given } from "./judging";
import { Players } from "./players";
import type { Source } from "./source";
import { locked, pending, type Step, type Work } from "./work";

const SILENT: api.Problem = {
  status: 0,
  title: "No sound",
  detail: "The audio of this call did not load. Your answers are kept. Nothing was submitted.",
};

interface Parts {
  ahead: Ahead;
  source: Source;
  dispatch: (step: Step) => void;
  /** A player moved: draw it. */
  moved: () => void;
}

export class Session {
  readonly players: Players;
  private readonly hearing: Hearing;
  private attempt: { body: string; key: string } | undefined;

  constructor(
    review: api.Review,
    private readonly parts: Parts,
  ) {
    const { ahead, dispatch, moved } = parts;
    this.players = new Players(
      review.calls,
      moved,
      () => dispatch({ do: "trouble", problem: SILENT }),
      (url) => ahead.sound(url),
    );
    this.hearing = new Hearing(
      review.id,
      () => this.players.all(),
      (problem) => dispatch({ do: "trouble", problem }),
      (until) => dispatch({ do: "kept", until }),
    );
    this.hearing.over = locked(review);
  }

  start() {
    this.hearing.start();
  }

  stop() {
    this.hearing.stop();
    this.players.close();
  }

  /** Keeps the draft on the box, which also prolongs the lock on the item. */
  async keepDraft({ review, judging }: Work, failure: "silent" | "shown" = "silent") {
    if (this.hearing.over) return;
    const { rows, marked } = judging;
    const r = await api.keepDraft(review.id, { rows, marked });
    if (r.ok) this.parts.dispatch({ do: "kept", until: r.value.locked_until });
    else if (failure === "shown") this.parts.dispatch({ do: "trouble", problem: r.problem });
  }

  /** Gives the verdict, or the answer of a second review. */
  async give(work: Work) {
    // The box judges by what it knows was heard.
    await this.hearing.report();
    const before = this.hearing.over;
    this.hearing.over = true;
    const problem = await (work.review.kind === "claim"
      ? this.commit(work)
      : this.answerSecondReview(work));
    if (!problem) return;
    this.hearing.over = before;
    this.parts.dispatch({ do: "refused", problem });
  }

  private async commit({ review, judging }: Work): Promise<api.Problem | undefined> {
    const { criteria, version } = review.checklist;
    const body = { answers: given(judging, criteria), note: "", checklist_version: version };
    // The same verdict sent again keeps its key, so that it counts once.
    const text = JSON.stringify(body);
    if (this.attempt?.body !== text) this.attempt = { body: text, key: api.newKey() };
    const r = await api.commit(review.id, body, this.attempt.key);
    if (!r.ok) return r.problem;
    this.attempt = undefined;
    this.parts.ahead.fetch();
    const came = r.value.passed ? "passed" : "not passed";
    const now = await api.review(review.id);
    this.parts.dispatch({
      do: "given",
      // The verdict counts, even if the box cannot show it now.
      review: now.ok ? now.value : { ...review, verdict: r.value },
      said: `Verdict given: ${came}. Z takes it back for ten seconds.`,
    });
    return undefined;
  }

  /** A second review is answered at once; a dispute's reviewer sees the reason then, and confirms or changes. */
  private async answerSecondReview({ review, judging }: Work): Promise<api.Problem | undefined> {
    const body = { answers: given(judging, review.checklist.criteria), note: "" };
    const r = await (pending(review)
      ? api.confirmSecondReview(review.id, body)
      : api.answerSecondReview(review.id, body));
    if (!r.ok) return r.problem;
    const decided = r.value.answered?.decided ?? true;
    this.hearing.over = decided;
    this.parts.dispatch({
      do: "given",
      review: r.value,
      said: decided
        ? "Given. N opens the next."
        : "This was a dispute. Read the reason, then confirm or change your answers.",
    });
    return undefined;
  }

  /** Takes a verdict back during its hold. The item taken ahead returns to the queue first. */
  async takeBack({ id }: api.Review) {
    await this.parts.ahead.putBack();
    const r = await api.takeBack(id);
    if (!r.ok) return this.parts.dispatch({ do: "trouble", problem: r.problem });
    this.hearing.over = false;
    this.parts.dispatch({
      do: "given",
      review: r.value,
      said: "Taken back. Your answers are as they were.",
    });
  }

  /** Puts the item back into the queue. Returns whether the box took it. */
  async putBack({ id }: api.Review): Promise<boolean> {
    await this.hearing.report();
    this.hearing.over = true;
    const r = await this.parts.source.release(id);
    if (r.ok) return true;
    this.hearing.over = false;
    this.parts.dispatch({ do: "trouble", problem: r.problem });
    return false;
  }
}
