// The bar under the desk: what is missing, what it comes to, and the money, before anything is given.
import { useEffect, useState } from "preact/hooks";
import type { Review } from "../api";
import { money } from "../format";
import { Key, State } from "../parts/marks";
import { ClipPlayer } from "../parts/ClipPlayer";
import { type Judging, type Missing, passes, proven } from "./judging";
import type { Action } from "./keys";

interface Props {
  review: Review;
  judging: Judging;
  lacking: Missing[];
  share: number;
  armed: boolean;
  busy: boolean;
  act: (a: Action) => void;
  goTo: (row: number) => void;
}

export function Summary({ review, judging, lacking, share, armed, busy, act, goTo }: Props) {
  const list = review.checklist.criteria;
  const must = list.filter((c) => c.must_pass).length;
  const pass = passes(judging, list);
  const amount = earns(review);
  const isClaim = review.kind === "claim";
  if (review.answered && (review.answered.decided || review.answered.dispute === null))
    return <Done review={review} act={act} />;
  if (review.verdict) return <Given review={review} act={act} />;
  return (
    <section
      class={`sum ${armed ? (pass ? "armed pass" : "armed fail") : ""}`}
      aria-label="Verdict"
    >
      <div>
        {lacking.length > 0 ? (
          <span class="big">
            <State shape="open">Not ready</State>
          </span>
        ) : (
          <span class="big">
            <State shape={pass ? "pass" : "fail"}>{pass ? "Passes" : "Does not pass"}</State>
          </span>
        )}
        <span class="sub">
          {proven(judging, list)} of {must} must-pass rows proven, {Math.floor(share * 100)} % of
          the speech heard
        </span>
      </div>
      <div>
        {review.answered?.dispute && (
          <p>
            <b>A dispute of {review.answered.dispute.title}:</b> “{review.answered.dispute.reason}”{" "}
            <ClipPlayer
              call={review.answered.dispute.clip.call}
              from={review.answered.dispute.clip.from_ms}
              to={review.answered.dispute.clip.to_ms}
              label="Play what the claimant points at"
            />{" "}
            First judged:{" "}
            {review.answered.dispute.first_rows
              .find((r) => r.criterion === review.answered?.dispute?.criterion)
              ?.answer?.toLowerCase()}
            . Confirm your answers or change them; both are kept.
          </p>
        )}
        {lacking.length > 0 ? (
          <ul aria-label="Missing before a verdict">
            {lacking.slice(0, 2).map((m) => (
              <li key={m.row}>
                <button class="mark" onClick={() => goTo(m.row)}>
                  {m.what}
                </button>
              </li>
            ))}
            {lacking.length > 2 && <li class="sub">and {lacking.length - 2} more</li>}
          </ul>
        ) : armed && !isClaim ? (
          <p>
            <b>{pass ? "Your answer: passes." : "Your answer: does not pass."}</b>{" "}
            {review.answered
              ? "With that the dispute is decided, and the ledger follows."
              : "It is kept beside the first verdict."}{" "}
            Enter again gives it; Esc returns.
          </p>
        ) : armed ? (
          <p>
            <b>
              {pass
                ? `Pass: ${amount} for one lead, plan v${review.money?.plan_version}.`
                : "Not passed: nothing is booked."}
            </b>{" "}
            Sealed are the answers, their moments, checklist v{review.checklist.version} and the
            recording’s hash. Enter again gives it; Esc returns.
          </p>
        ) : (
          <p>Everything is answered. Enter shows the verdict once more before it is given.</p>
        )}
      </div>
      {review.money ? (
        <div>
          <span class="sub">If it passes</span>
          <span class="big">{amount}</span>
          <span class="sub">
            {review.money.already_earned
              ? "this lead has earned its one commission"
              : `one lead, plan ${review.campaign} v${review.money.plan_version}`}
          </span>
        </div>
      ) : (
        <div>
          <span class="sub">Judged afresh</span>
          <span class="sub">what was answered before is hidden</span>
        </div>
      )}
      <div class="does">
        {!review.answered && (
          <button class="btn large" onClick={() => act({ do: "release" })}>
            Put back <Key>Q</Key>
          </button>
        )}
        <button
          class="btn large primary"
          aria-disabled={lacking.length > 0 || busy}
          onClick={() => act({ do: "enter" })}
        >
          {!isClaim
            ? review.answered
              ? "Decide the dispute"
              : "Give answer"
            : armed
              ? pass
                ? `Give: pass, ${amount}`
                : "Give: not passed"
              : "Give verdict"}{" "}
          <Key>Enter</Key>
        </button>
      </div>
    </section>
  );
}

const earns = (review: Review) =>
  review.money?.amount && !review.money.already_earned ? money(review.money.amount) : "nothing";

/** A second look that is over. */
function Done({ review, act }: { review: Review; act: (a: Action) => void }) {
  const passed = review.answered?.final_passed ?? review.answered?.passed ?? false;
  return (
    <section class={`sum armed ${passed ? "pass" : "fail"}`} aria-label="Answer given">
      <div>
        <span class="big">
          <State shape={passed ? "pass" : "fail"}>{passed ? "Passes" : "Does not pass"}</State>
        </span>
        <span class="sub">kept beside the first verdict</span>
      </div>
      <div>
        <p>
          Thank you.{" "}
          {review.answered?.dispute
            ? "The dispute is decided, and the claimant sees it now."
            : "It counts for how well reviewers agree, and moves no money."}
        </p>
      </div>
      <div />
      <div class="does">
        <button class="btn large primary" onClick={() => act({ do: "next" })}>
          Next one <Key>N</Key>
        </button>
      </div>
    </section>
  );
}

/** What the claimant had answered, blanks shown as such. */
const own = (review: Review, answers: Record<string, string>) =>
  review.checklist.criteria
    .filter((c) => c.must_pass)
    .map(
      (c) =>
        `${c.title}: ${c.answers.find((a) => a.id === answers[c.id])?.label.toLowerCase() ?? "left blank"}`,
    )
    .join(" · ");

function Given({ review, act }: { review: Review; act: (a: Action) => void }) {
  const v = review.verdict;
  const [left, setLeft] = useState(0);
  useEffect(() => {
    // The box's clock counts: ours may be off.
    const skew = Date.parse(review.now) - Date.now();
    const look = () =>
      setLeft(Math.max(0, Math.ceil((Date.parse(v?.hold_until ?? "") - Date.now() - skew) / 1000)));
    look();
    const timer = setInterval(look, 200);
    return () => clearInterval(timer);
  }, [v?.id]);
  if (!v) return null;
  const amount = earns(review);
  return (
    <section class={`sum armed ${v.passed ? "pass" : "fail"}`} aria-label="Verdict given">
      <div>
        <span class="big">
          <State shape={v.passed ? "pass" : "fail"}>{v.passed ? "Passed" : "Not passed"}</State>
        </span>
        <span class="sub">{left > 0 ? "on hold: nothing is booked or shown yet" : "sealed"}</span>
      </div>
      <div>
        <p>
          <b>{v.claimant.name}</b> claimed it: {v.claimant.write_up || "no words"}
        </p>
        <span class="sub">{own(review, v.claimant.answers)}</span>
      </div>
      <div>
        <span class="sub">{left > 0 ? "Will book" : "Booked"}</span>
        <span class="big">{v.passed ? amount : "nothing"}</span>
      </div>
      <div class="does">
        <button class="btn large" aria-disabled={left === 0} onClick={() => act({ do: "back" })}>
          {left > 0 ? `Take back, ${left} s` : "Ten seconds are over"} <Key>Z</Key>
        </button>
        <button class="btn large primary" onClick={() => act({ do: "next" })}>
          Next claim <Key>N</Key>
        </button>
      </div>
    </section>
  );
}
