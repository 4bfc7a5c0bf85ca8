// Where the desk's work comes from: claims with their verdicts, or second reviews with their answers.
import * as api from "../api";

export interface Source {
  what: string;
  empty: string;
  current: () => Promise<api.Result<api.Review | null>>;
  takeNext: () => Promise<api.Result<api.Review | null>>;
  release: (id: string) => Promise<api.Result<void>>;
  /** The same when the page goes away. */
  releaseLeaving: (id: string) => void;
}

export const CLAIMS: Source = {
  what: "the oldest claim",
  empty: "The next claim opens here by itself.",
  current: api.current,
  takeNext: api.takeNext,
  release: api.release,
  releaseLeaving: api.releaseLeaving,
};

export const SECOND_REVIEWS: Source = {
  what: "the most urgent second review",
  empty:
    "Calls to be judged a second time show here: some are drawn by chance, some were asked for. You are not told which.",
  current: api.currentSecondReview,
  takeNext: api.takeSecondReview,
  release: api.releaseSecondReview,
  releaseLeaving: api.releaseSecondReviewLeaving,
};
