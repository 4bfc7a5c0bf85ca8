// The desk: one item after the other, claims or second reviews. To take one is an act: nothing is taken by itself.
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem, Review } from "../api";
import { Loading, Trouble } from "../parts/states";
import { Ahead } from "./ahead";
import { AtWork } from "./AtWork";
import { Idle, Page } from "./Idle";
import { CLAIMS, SECOND_REVIEWS } from "./source";

/** Why nothing is on the desk. */
export type Why = "opened" | "paused" | "empty";

interface OnDesk {
  review: Review;
  /** Grows when the same item is opened anew. */
  time: number;
}

export function Desk({ second = false }: { second?: boolean }) {
  const source = second ? SECOND_REVIEWS : CLAIMS;
  const [shown, show] = useState<OnDesk | Why>();
  const [problem, setProblem] = useState<Problem>();
  const [ahead] = useState(() => new Ahead(source));
  const put = useCallback((review: Review) => show({ review, time: Date.now() }), []);
  const next = useCallback(async () => {
    setProblem(undefined);
    const r = await ahead.next();
    if (!r.ok) setProblem(r.problem);
    else if (r.value) put(r.value);
    else show("empty");
  }, [ahead, put]);
  // A page that is opened anew goes on where it was.
  const current = useCallback(async () => {
    setProblem(undefined);
    const r = await source.current();
    if (!r.ok) setProblem(r.problem);
    else if (r.value) put(r.value);
    else show("opened");
  }, [source, put]);
  useEffect(() => void current(), [current]);
  useEffect(() => {
    const leave = () => ahead.leave();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, [ahead]);
  const paused = () => {
    show("paused");
    void ahead.putBack();
  };
  if (problem)
    return (
      <Page>
        <Trouble problem={problem} again={() => void current()} />
      </Page>
    );
  if (shown === undefined)
    return (
      <Page>
        <Loading what={source.what} />
      </Page>
    );
  if (typeof shown === "string") return <Idle source={source} why={shown} take={next} />;
  return (
    <AtWork
      key={`${shown.review.id} ${shown.time}`}
      review={shown.review}
      next={() => void next()}
      paused={paused}
      anew={() => void current()}
      ahead={ahead}
      source={source}
    />
  );
}
