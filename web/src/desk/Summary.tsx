// The bar under the desk: what is missing, what it comes to, and the money, before anything is given.
import { useEffect, useState } from "preact/hooks";
import type { Answered, Review } from "../api";
import { money } from "../format";
import { Key, State } from "../parts/marks";
import { ClipPlayer } from "../parts/ClipPlayer";
import { type Judging, type Missing, passes, proven } from "./judging";
import type { Action } from "./keys";
import type { Phase } from "./work";
import "./Summary.css";

interface Props {
  review: Review;
  judging: Judging;
  lacking: Missing[];
  share: number;
  phase: Phase;
  act: (a: Action) => void;
  goTo: (row: number) => void;
}

export function Summary(props: Props) {
  const { review, judging, lacking, share, phase, act } = props;
  if (review.answered && (review.answered.decided || review.answered.dispute === null))
    return <Done review={review} act={act} />;
  if (review.verdict) return <Given review={review} act={act} />;
  const list = review.checklist.criteria;
  const must = list.filter((c) => c.must_pass).length;
  const pass = passes(judging, list);
  const armed = phase !== "judging";
  return (
    <section
      class={`sum ${armed ? (pass ? "armed pass" : "armed fail") : ""}`}
      aria-label="Verdict"
    >
      <div>
        <span class="big">
          {lacking.length > 0 ? (
            <State shape="open">Not ready</State>
          ) : (
            <State shape={pass ? "pass" : "fail"}>{pass ? "Passes" : "Does not pass"}</State>
          )}
        </span>
        <span class="sub">
          {proven(judging, list)} of {must} must-pass rows proven, {Math.floor(share * 100)} % of
          the speech heard
        </span>
      </div>
      <div>
        {review.answered?.dispute && <Disputed dispute={review.answered.dispute} />}
        {lacking.length > 0 ? (
          <Lacking {...props} />
        ) : armed ? (
          <Armed review={review} pass={pass} />
        ) : (
          <p>Everything is answered. Enter shows the verdict once more before it is given.</p>
        )}
      </div>
      <Stake review={review} />
      <Does {...props} pass={pass} armed={armed} />
    </section>
  );
}

/** The reason of a dispute, which its reviewer sees after a first, blind answer. */
function Disputed({ dispute }: { dispute: NonNullable<Answered["dispute"]> }) {
  const first = dispute.first_rows.find((r) => r.criterion === dispute.criterion);
  return (
    <p>
      <b>A dispute of {dispute.title}:</b> “{dispute.reason}”{" "}
      <ClipPlayer
        call={dispute.clip.call}
        from={dispute.clip.from_ms}
        to={dispute.clip.to_ms}
        label="Play what the claimant points at"
      />{" "}
      First judged: {first?.answer?.toLowerCase()}. Confirm your answers or change them; both are
      kept.
    </p>
  );
}

/** The first two things that are missing, each a way to its row. */
const Lacking = ({ lacking, goTo }: Props) => (
  <ul aria-label="Missing before a verdict">
    {lacking.slice(0, 2).map((m) => (
      <li key={m.what}>
        <button class="mark" onClick={() => goTo(m.row)}>
          {m.what}
        </button>
      </li>
    ))}
    {lacking.length > 2 && <li class="sub">and {lacking.length - 2} more</li>}
  </ul>
);

/** What Enter will give. */
function Armed({ review, pass }: { review: Review; pass: boolean }) {
  if (review.kind !== "claim")
    return (
      <p>
        <b>{pass ? "Your answer: passes." : "Your answer: does not pass."}</b>{" "}
        {review.answered
          ? "With that the dispute is decided, and the ledger follows."
          : "It is kept beside the first verdict."}{" "}
        Enter again gives it; Esc returns.
      </p>
    );
  return (
    <p>
      <b>
        {pass
          ? `Pass: ${earns(review)} for one lead, plan v${review.money?.plan_version}.`
          : "Not passed: nothing is booked."}
      </b>{" "}
      What becomes final: the answers, their moments, checklist v{review.checklist.version} and the
      recording’s hash. Enter again gives it; Esc returns.
    </p>
  );
}

/** The money that hangs on it; on a second review none does. */
function Stake({ review }: { review: Review }) {
  if (!review.money)
    return (
      <div>
        <span class="sub">Judged afresh</span>
        <span class="sub">what was answered before is hidden</span>
      </div>
    );
  return (
    <div>
      <span class="sub">If it passes</span>
      <span class="big">{earns(review)}</span>
      <span class="sub">
        {review.money.already_earned
          ? "this lead has earned its one commission"
          : `one lead, plan ${review.campaign} v${review.money.plan_version}`}
      </span>
    </div>
  );
}

function Does({
  review,
  lacking,
  phase,
  act,
  pass,
  armed,
}: Props & { pass: boolean; armed: boolean }) {
  const gives =
    review.kind !== "claim"
      ? review.answered
        ? "Decide the dispute"
        : "Give answer"
      : armed
        ? pass
          ? `Give: pass, ${earns(review)}`
          : "Give: not passed"
        : "Give verdict";
  return (
    <div class="does">
      {!review.answered && (
        <button class="btn large" onClick={() => act({ do: "release" })}>
          Put back <Key>Q</Key>
        </button>
      )}
      <button
        class="btn large primary"
        aria-disabled={lacking.length > 0 || phase === "giving"}
        onClick={() => act({ do: "enter" })}
      >
        {gives} <Key>Enter</Key>
      </button>
    </div>
  );
}

const earns = (review: Review) =>
  review.money?.amount && !review.money.already_earned ? money(review.money.amount) : "nothing";

/** A second review that is over. */
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

function Given({ review, act }: { review: Review; act: (a: Action) => void }) {
  const v = review.verdict;
  const left = useSecondsLeft(v?.hold_until ?? review.now, review.now);
  if (!v) return null;
  const amount = earns(review);
  return (
    <section class={`sum armed ${v.passed ? "pass" : "fail"}`} aria-label="Verdict given">
      <div>
        <span class="big">
          <State shape={v.passed ? "pass" : "fail"}>{v.passed ? "Passed" : "Not passed"}</State>
        </span>
        <span class="sub">{left > 0 ? "held: nothing is booked or shown yet" : "final"}</span>
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
