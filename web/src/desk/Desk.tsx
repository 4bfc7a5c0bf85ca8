// The desk: one item after the other, claims or second reviews.
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem, Review } from "../api";
import { onChange } from "../events";
import { Empty, Loading, Trouble } from "../parts/states";
import { Ahead } from "./ahead";
import { AtWork } from "./AtWork";
import { CLAIMS, SECOND_REVIEWS } from "./source";

export function Desk({ second = false }: { second?: boolean }) {
  const source = second ? SECOND_REVIEWS : CLAIMS;
  const [review, setReview] = useState<Review | null>();
  const [problem, setProblem] = useState<Problem>();
  const [ahead] = useState(() => new Ahead(source));
  const next = useCallback(() => {
    setProblem(undefined);
    void ahead.next().then((r) => (r.ok ? setReview(r.value) : setProblem(r.problem)));
  }, [ahead]);
  // A page that is opened anew goes on where it was.
  useEffect(
    () => void source.current().then((r) => (r.ok && r.value ? setReview(r.value) : next())),
    [source, next],
  );
  useEffect(() => {
    const leave = () => ahead.leave();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, [ahead]);
  const idle = review === null;
  useEffect(() => (idle ? onChange("queue", next) : undefined), [idle, next]);
  if (problem)
    return (
      <Page>
        <Trouble problem={problem} again={next} />
      </Page>
    );
  if (review === undefined)
    return (
      <Page>
        <Loading what={source.what} />
      </Page>
    );
  if (review === null)
    return (
      <Page>
        <section class="panel">
          <Empty title="Nothing waits for you">
            <p>{source.empty}</p>
          </Empty>
        </section>
      </Page>
    );
  return (
    <AtWork
      key={review.id}
      review={review}
      next={next}
      cleared={() => setReview(null)}
      ahead={ahead}
      source={source}
    />
  );
}

const Page = ({ children }: { children: ComponentChildren }) => (
  <main id="main" class="page" tabIndex={-1}>
    {children}
  </main>
);
