// What is on the desk: the item's facts, its calls and the way to the keys.
import type { Review, Sound } from "../api";
import { moment, time } from "../format";
import { Key } from "../parts/marks";
import type { Action } from "./keys";
import { locked, type Work } from "./work";
import "./Facts.css";

interface Props {
  work: Work;
  act: (a: Action) => void;
}

export function Facts({ work, act }: Props) {
  const { review, shown, until } = work;
  const fixed = locked(review) || !until;
  return (
    <section class="claim" aria-label="The claim">
      <h1>{review.company}</h1>
      <dl>
        {factsOf(review, review.calls[shown]).map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
        <div>
          <dt>{fixed ? "Number" : `${review.number}, yours until`}</dt>
          <dd>{fixed ? review.number : time(until)}</dd>
        </div>
      </dl>
      {review.calls.length > 1 && (
        <button class="btn" onClick={() => act({ do: "call" })}>
          Call {shown + 1} of {review.calls.length} <Key>V</Key>
        </button>
      )}
      <button class="btn" onClick={() => act({ do: "keys" })}>
        Keys <Key>?</Key>
      </button>
    </section>
  );
}

function factsOf(review: Review, sound: Sound | undefined): [string, string][] {
  const { contact, contact_role, checklist, other_claims } = review;
  return [
    ["Contact", `${contact ?? "unknown"}${contact_role ? `, ${contact_role}` : ""}`],
    ["Campaign", review.campaign],
    ["Checklist", `${checklist.name} v${checklist.version}`],
    ["Call", sound?.started_at ? moment(sound.started_at) : "unknown"],
    ...(other_claims === null
      ? []
      : [
          [
            "Same company",
            other_claims === 0 ? "no other claim" : `${other_claims} other`,
          ] satisfies [string, string],
        ]),
    whose(review),
  ];
}

/** Who claimed it, which shows after the verdict; of a second review, when it is due. */
function whose(review: Review): [string, string] {
  if (review.kind === "claim")
    return ["Claimant", review.verdict?.claimant.name ?? "hidden until the verdict"];
  return [
    review.kind === "calibration" ? "Calibration" : "Second review",
    `due ${review.due_at ? moment(review.due_at) : "soon"}`,
  ];
}
