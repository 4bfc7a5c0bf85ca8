// The bar under the desk: what is missing, what it comes to, and the money, before anything is given.
import type { Answered, Review } from "../api";
import { ClipPlayer } from "../parts/ClipPlayer";
import { Key, State } from "../parts/marks";
import { Done, Given } from "./Given";
import { type Missing, notJudged, passes, proven, failsOnMoment } from "./judging";
import type { Action } from "./keys";
import { earns } from "./stake";
import { fixed, type Work } from "./work";
import "./Summary.css";

interface Props {
  work: Work;
  lacking: Missing[];
  /** The share of speech that was heard, 0 to 1. */
  share: number;
  /** At which it plays. */
  speed: number;
  act: (a: Action) => void;
  goTo: (row: number) => void;
}

export function Summary(props: Props) {
  const { work, act } = props;
  const { review, judging } = work;
  if (review.answered && (review.answered.decided || review.answered.dispute === null))
    return <Done review={review} act={act} />;
  if (review.verdict) return <Given review={review} judging={judging} act={act} />;
  const pass = passes(judging, review.checklist.criteria);
  const armed = work.phase !== "judging";
  return (
    <section
      class={`sum ${armed ? (pass ? "armed pass" : "armed fail") : ""}`}
      aria-label="Verdict"
    >
      <Comes {...props} pass={pass} />
      <div class="what" role="group" tabIndex={0} aria-label="What comes next">
        {review.answered?.dispute && <Disputed dispute={review.answered.dispute} />}
        <Next {...props} pass={pass} armed={armed} />
      </div>
      <HeardMeter {...props} />
      <Stake review={review} />
      <Does {...props} pass={pass} armed={armed} />
    </section>
  );
}

type Coming = Props & { pass: boolean };

function Comes({ work, lacking, pass }: Coming) {
  const list = work.review.checklist.criteria;
  const must = list.filter((c) => c.must_pass).length;
  const left = notJudged(work.judging, list).length;
  return (
    <div class="comes">
      <span class="big">
        {lacking.length > 0 ? (
          <State shape="open">Not ready</State>
        ) : (
          <State shape={pass ? "pass" : "fail"}>{pass ? "Passes" : "Does not pass"}</State>
        )}
      </span>
      <span class="sub">
        {proven(work.judging, list)} of {must} must-pass rows proven
        {left > 0 && `, ${left} not judged`}
      </span>
    </div>
  );
}

/** What is missing; when nothing is, what Enter shows or gives. */
function Next(props: Coming & { armed: boolean }) {
  const { work, lacking, pass, armed } = props;
  if (lacking.length > 0) return <Lacking {...props} />;
  if (armed) return <Armed work={work} pass={pass} />;
  const left = notJudged(work.judging, work.review.checklist.criteria);
  return (
    <p>
      {left.length > 0
        ? `It fails on a heard moment. Not judged: ${left.map((c) => c.title).join(", ")}. `
        : "Everything is answered. "}
      Enter shows the verdict once more before it is given.
    </p>
  );
}

/** The reasons of a dispute, which its reviewer sees after a first, blind answer. */
function Disputed({ dispute }: { dispute: NonNullable<Answered["dispute"]> }) {
  const first = (criterion: string) =>
    dispute.first_rows.find((r) => r.criterion === criterion)?.answer?.toLowerCase() ?? "nothing";
  return (
    <ul aria-label="What is disputed">
      {dispute.rows.map((r) => (
        <li key={r.criterion}>
          <b>A dispute of {r.title}:</b> “{r.reason}”{" "}
          <ClipPlayer
            call={r.clip.call}
            from={r.clip.from_ms}
            to={r.clip.to_ms}
            label="Play what the claimant points at"
          />{" "}
          First judged: {first(r.criterion)}.
        </li>
      ))}
      <li>Confirm your answers or change them; both are kept.</li>
    </ul>
  );
}

/** The first two things that are missing, each a way to its row. */
const Lacking = ({ lacking, goTo }: Props) => (
  <ul aria-label="Missing before a verdict">
    {lacking.slice(0, 2).map((m) => (
      <li key={m.what}>
        <button class="mark" title={m.what} onClick={() => goTo(m.row)}>
          {m.what}
        </button>
      </li>
    ))}
    {lacking.length > 2 && <li class="sub">and {lacking.length - 2} more; Enter leads on</li>}
  </ul>
);

/** What Enter will give. */
function Armed({ work: { review, judging }, pass }: { work: Work; pass: boolean }) {
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
  const left = notJudged(judging, review.checklist.criteria);
  return (
    <p>
      <b>
        {pass
          ? `Pass: ${earns(review)} for one lead, plan v${review.money?.plan_version}.`
          : "Not passed: nothing is booked."}
      </b>{" "}
      {left.length > 0 && `Not judged: ${left.map((c) => c.title).join(", ")}. `}
      What becomes final: the answers, their moments, checklist v{review.checklist.version} and the
      recording’s hash. Enter again gives it; Esc returns.
    </p>
  );
}

/** How much was heard of what a verdict needs. */
function HeardMeter({ work, share, speed }: Props) {
  const { review, judging } = work;
  const [heard, needed] = [Math.floor(share * 100), Math.round(review.heard_needed * 100)];
  const decided = failsOnMoment(judging, review.checklist.criteria);
  return (
    <div class="hears">
      <span class="sub">Speech heard, at {speed}×</span>
      <span title={`${heard} % of ${needed} % needed`}>
        <b>{heard} %</b> of {needed} % needed
      </span>
      <div class="meter" role="img" aria-label={`${heard} % heard of ${needed} % needed`}>
        <i style={{ width: `${heard}%` }} />
        <u style={{ left: `${needed}%` }} />
      </div>
      {decided && <span class="sub">a heard moment decides</span>}
    </div>
  );
}

/** The money that hangs on it; on a second review none does. */
function Stake({ review }: { review: Review }) {
  if (!review.money)
    return (
      <div class="stake">
        <span class="sub">Judged afresh</span>
        <span class="sub">what was answered before is hidden</span>
      </div>
    );
  return (
    <div class="stake">
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

/** What the button gives, in a few words. */
function gives(review: Review, armed: boolean, pass: boolean): string {
  if (review.kind !== "claim") return review.answered ? "Decide the dispute" : "Give answer";
  if (!armed) return "Give verdict";
  return pass ? `Give: pass, ${earns(review)}` : "Give: not passed";
}

function Does({ work, lacking, act, pass, armed }: Coming & { armed: boolean }) {
  const { review, phase } = work;
  return (
    <div class="does">
      {armed ? (
        <button class="btn large" onClick={() => act({ do: "leave" })}>
          Back <Key>Esc</Key>
        </button>
      ) : (
        !review.answered && (
          <button
            class="btn large"
            aria-disabled={fixed(work)}
            onClick={() => act({ do: "skip-item" })}
          >
            Skip <Key>Q</Key>
          </button>
        )
      )}
      <button
        class="btn large primary"
        aria-disabled={lacking.length > 0 || phase === "giving" || fixed(work)}
        onClick={() => act({ do: "enter" })}
      >
        {gives(review, armed, pass)} <Key>Enter</Key>
      </button>
    </div>
  );
}
