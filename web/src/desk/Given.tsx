// The bar once a verdict or an answer is given: the hold, and after it whose claim it was.
import { useEffect, useState } from "preact/hooks";
import type { Committed, Criterion, Review } from "../api";
import { Key, State } from "../parts/marks";
import { type Judging, NOT_APPLICABLE, row } from "./judging";
import type { Action } from "./keys";
import { earns } from "./stake";

interface Props {
  review: Review;
  act: (a: Action) => void;
}

/** A second review that is over. */
export function Done({ review, act }: Props) {
  const passed = review.answered?.final_passed ?? review.answered?.passed ?? false;
  return (
    <section class={`sum armed ${passed ? "pass" : "fail"}`} aria-label="Answer given">
      <div class="comes">
        <span class="big">
          <State shape={passed ? "pass" : "fail"}>{passed ? "Passes" : "Does not pass"}</State>
        </span>
        <span class="sub">kept beside the first verdict</span>
      </div>
      <div class="what" role="group" tabIndex={0} aria-label="What comes next">
        <p>
          Thank you.{" "}
          {review.answered?.dispute
            ? "The dispute is decided, and the claimant sees it now."
            : "It counts for how well reviewers agree, and moves no money."}
        </p>
      </div>
      <div class="does">
        <button class="btn large primary" onClick={() => act({ do: "next" })}>
          Next one <Key>N</Key>
        </button>
      </div>
    </section>
  );
}

/** Whole seconds until a hold ends, by the box's clock: ours may be off. */
function useSecondsLeft(until: string, boxNow: string): number {
  const [skew] = useState(() => Date.parse(boxNow) - Date.now());
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((Date.parse(until) - now - skew) / 1000));
}

export function Given({ review, judging, act }: Props & { judging: Judging }) {
  const v = review.verdict;
  const left = useSecondsLeft(v?.hold_until ?? review.now, review.now);
  if (!v) return null;
  const final = v.state === "final";
  return (
    <section class={`sum armed ${v.passed ? "pass" : "fail"}`} aria-label="Verdict given">
      <div class="comes">
        <span class="big">
          <State shape={v.passed ? "pass" : "fail"}>{v.passed ? "Passed" : "Not passed"}</State>
        </span>
        <span class="sub">
          {final ? "final" : left > 0 ? "held: nothing is booked or shown yet" : "being sealed"}
        </span>
      </div>
      <div class="what" role="group" tabIndex={0} aria-label="What comes next">
        <Whose verdict={v} list={review.checklist.criteria} judging={judging} />
      </div>
      <div class="hears">
        <span class="sub">Speech heard</span>
        <b>{v.heard ? `${Math.floor(v.heard.share * 100)} %` : "not kept"}</b>
      </div>
      <div class="stake">
        <span class="sub">{final ? "Booked" : "Will book"}</span>
        <span class="big">{v.passed ? earns(review) : "nothing"}</span>
      </div>
      <div class="does">
        <button class="btn large" aria-disabled={left === 0} onClick={() => act({ do: "back" })}>
          {left > 0 ? (
            `Take back, ${left} s`
          ) : (
            <span>
              Too late<span class="vh">: ten seconds are over</span>
            </span>
          )}{" "}
          <Key>Z</Key>
        </button>
        <button class="btn large primary" onClick={() => act({ do: "next" })}>
          Next claim <Key>N</Key>
        </button>
      </div>
    </section>
  );
}

interface WhoseProps {
  verdict: Committed;
  list: Criterion[];
  judging: Judging;
}

/** Until the verdict is final nothing of the claimant shows: what was learned could still change it. */
function Whose({ verdict: { claimant }, list, judging }: WhoseProps) {
  if (!claimant)
    return <p>Whose claim it is, and what they had answered, shows once the verdict is final.</p>;
  return (
    <>
      <p>
        <b>{claimant.name}</b> claimed it: {claimant.write_up || "no words"}
      </p>
      <span class="sub">
        {list
          .filter((c) => c.must_pass)
          .map((c) => side(c, claimant.answers[c.id], row(judging, c).answer))
          .join(" · ")}
      </span>
    </>
  );
}

const labelOf = (c: Criterion, id: string | undefined) =>
  id === NOT_APPLICABLE
    ? "does not apply"
    : c.answers.find((a) => a.id === id)?.label.toLowerCase();

/** What the claimant had answered and what you did, side by side; blanks shown as such. */
function side(c: Criterion, theirs: string | undefined, yours: string | undefined): string {
  const [a, b] = [labelOf(c, theirs) ?? "left blank", labelOf(c, yours) ?? "not judged"];
  return a === b ? `${c.title}: ${a}, as you` : `${c.title}: ${a}, you: ${b}`;
}
