// An open item beyond its state: its players, the reports of what was heard, and the requests that give an answer.
import * as api from "../api";
import type { Ahead } from "./ahead";
import { Hearing } from "./hearing";
import { given } from "./judging";
import { Players } from "./players";
import { inTab, isOtherTab, Saver } from "./saver";
import type { Source } from "./source";
import { locked, pending, type Step, type Work } from "./work";

/** The audio did not load. */
export const SILENT: api.Problem = {
  type: "urn:assay:page:silent",
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
  readonly saver: Saver;
  private readonly hearing: Hearing;
  private attempt: { body: string; key: string } | undefined;

  constructor(
    review: api.Review,
    private readonly parts: Parts,
  ) {
    const { ahead, dispatch, moved } = parts;
    const kept = (until: string) => dispatch({ do: "kept", until });
    const refused = (problem: api.Problem) => this.refused(problem);
    this.players = new Players(
      review.calls,
      moved,
      () => dispatch({ do: "trouble", problem: SILENT }),
      () => void this.told(),
      (url) => ahead.sound(url),
    );
    this.hearing = new Hearing(review.id, () => this.players.all(), refused, kept);
    this.saver = new Saver(review.draft_revision, {
      tab: inTab(review.id),
      send: (revision, draft) => api.keepDraft(review.id, revision, draft),
      current: async () => {
        const r = await api.review(review.id);
        return r.ok ? { revision: r.value.draft_revision, draft: r.value.draft } : undefined;
      },
      shown: (saved) => dispatch({ do: "saved", saved }),
      kept,
      refused,
    });
    if (locked(review)) this.end();
  }

  start() {
    this.hearing.start();
  }

  stop() {
    this.saver.leave();
    this.hearing.stop();
    this.players.close();
  }

  /** Resolves when the box has answered for all that was played so far. */
  told = (): Promise<void> => this.hearing.report();

  /** Notes what was answered: it is saved a moment later. */
  answered({ judging: { rows, marked } }: Work) {
    this.saver.changed({ rows, marked });
  }

  /** Somebody is here: the lock goes on. */
  async here({ judging: { rows, marked } }: Work) {
    this.saver.changed({ rows, marked });
    await this.saver.flush();
  }

  /** Nothing more is reported or saved: it was given, or went elsewhere. */
  private end() {
    this.hearing.over = true;
    this.saver.stop();
  }

  private goOn(revision?: number) {
    this.hearing.over = false;
    this.saver.resume(revision);
  }

  /** The box refused a report or a draft: the item may be at work elsewhere. */
  private refused(problem: api.Problem) {
    const why = whither(problem);
    if (!why) return this.parts.dispatch({ do: "trouble", problem });
    this.end();
    this.parts.dispatch({ do: "away", why, problem });
  }

  /** Gives the verdict, or the answer of a second review. */
  async give(work: Work) {
    // The box judges by what it knows was heard, and the draft comes before the verdict.
    await Promise.all([this.told(), this.saver.flush()]);
    const before = this.hearing.over;
    this.end();
    const problem = await (work.review.kind === "claim"
      ? this.commit(work)
      : this.answerSecondReview(work));
    if (!problem) return;
    if (!before) this.goOn();
    this.parts.dispatch({ do: "refused", problem });
  }

  private async commit({ review, judging }: Work): Promise<api.Problem | undefined> {
    const body = { answers: given(judging, review.checklist.criteria), note: "" };
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
    if (!decided) this.goOn(r.value.draft_revision);
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
    this.goOn(r.value.draft_revision);
    this.parts.dispatch({
      do: "given",
      review: r.value,
      said: "Taken back. Your answers are as they were.",
    });
  }

  /** Lets the item go: back to the queue, or to whoever brought it. Returns what went wrong. */
  async letGo({ id }: api.Review, { reason, note }: Leaving): Promise<api.Problem | undefined> {
    await Promise.all([this.told(), this.saver.flush()]);
    this.end();
    const { source } = this.parts;
    const r =
      reason === "company"
        ? await source.sendBack?.(id, note ?? "")
        : await source.release(id, reason, note);
    if (!r || r.ok) return undefined;
    this.goOn();
    return r.problem;
  }

  /** Asks for the item as the box has it now: after a hold it shows who claimed it. */
  async refresh({ id }: api.Review) {
    const r = await api.review(id);
    if (r.ok) this.parts.dispatch({ do: "refreshed", review: r.value });
  }
}

/** Why an item leaves the desk without a verdict. */
export interface Leaving {
  reason: api.ReleaseReason | "company";
  note?: string;
}

/** Where an item went that the box does not take from this page any more. */
function whither(problem: api.Problem): "tab" | "gone" | undefined {
  const { status, type } = problem;
  if (isOtherTab(problem)) return "tab";
  return type === "urn:assay:not-with-you" || status === 404 || status === 403 ? "gone" : undefined;
}
