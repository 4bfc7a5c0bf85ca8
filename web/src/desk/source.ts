// Where the desk's work comes from: claims with their verdicts, or second reviews with their answers.
import * as api from "../api";

/** How many items wait for this reviewer, and how many of them were skipped. */
export interface Waiting {
  waiting: number;
  skipped: number;
}

export interface Source {
  /** Of the desk that has nothing on it. */
  title: string;
  /** One of them, and several. */
  one: string;
  many: string;
  what: string;
  empty: string;
  current: () => Promise<api.Result<api.Review | null>>;
  waiting: () => Promise<api.Result<Waiting>>;
  takeNext: () => Promise<api.Result<api.Review | null>>;
  release: (id: string, reason: api.ReleaseReason, note?: string) => Promise<api.Result<void>>;
  /** Where it can go back to whoever brought it. */
  sendBack?: (id: string, note: string) => Promise<api.Result<void>>;
  /** The same when the page goes away. */
  releaseLeaving: (id: string) => void;
}

export const CLAIMS: Source = {
  title: "Review",
  one: "claim",
  many: "claims",
  what: "the oldest claim",
  empty: "New claims are counted here by themselves.",
  current: api.current,
  waiting: api.queue,
  takeNext: api.takeNext,
  release: api.release,
  sendBack: api.sendBack,
  releaseLeaving: api.releaseLeaving,
};

async function secondReviewsWaiting(): Promise<api.Result<Waiting>> {
  const r = await api.secondReviewQueue();
  return r.ok ? { ok: true, value: { waiting: r.value.second_reviews.length, skipped: 0 } } : r;
}

export const SECOND_REVIEWS: Source = {
  title: "Second reviews",
  one: "second review",
  many: "second reviews",
  what: "the most urgent second review",
  empty:
    "Calls to be judged a second time show here: some are drawn by chance, some were asked for. You are not told which.",
  current: api.currentSecondReview,
  waiting: secondReviewsWaiting,
  takeNext: api.takeSecondReview,
  release: api.releaseSecondReview,
  releaseLeaving: api.releaseSecondReviewLeaving,
};
