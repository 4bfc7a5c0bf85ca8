// What is on the desk: the item's facts in one line, whether it is saved, and the way to the keys.
import type { Review, Sound } from "../api";
import { cameBy, moment, time } from "../format";
import { Key } from "../parts/marks";
import type { Action } from "./keys";
import { Saved } from "./Saved";
import { fixed, type Work } from "./work";
import "./Facts.css";

interface Props {
  work: Work;
  act: (a: Action) => void;
}

export function Facts({ work, act }: Props) {
  const { review, shown } = work;
  return (
    <section class="claim" aria-label="The claim">
      <h1 title={review.company}>{review.company}</h1>
      <dl>
        {[...factsOf(review, review.calls[shown]), numberOf(work)].map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd title={fact}>{fact}</dd>
          </div>
        ))}
      </dl>
      <Saved saved={work.saved} />
      {review.calls.length > 1 && (
        <button class="btn" onClick={() => act({ do: "call" })}>
          Call {shown + 1} of {review.calls.length} <Key>V</Key>
        </button>
      )}
      <button class="btn" onClick={() => act({ do: "pause" })}>
        Pause <Key>W</Key>
      </button>
      <button class="btn" onClick={() => act({ do: "keys" })}>
        Keys <Key>?</Key>
      </button>
    </section>
  );
}

/** Its number, and until when it stays here. */
function numberOf(work: Work): [string, string] {
  const { review, until } = work;
  return fixed(work) || !until
    ? ["Number", review.number]
    : [`${review.number}, yours until`, time(until)];
}

function factsOf(review: Review, sound: Sound | undefined): [string, string][] {
  const { contact, contact_role, checklist, other_claims } = review;
  const others = other_claims === 0 ? "no other claim" : `${other_claims} other`;
  return [
    ["Contact", `${contact ?? "unknown"}${contact_role ? `, ${contact_role}` : ""}`],
    ["Campaign", review.campaign],
    ["Checklist", `${checklist.name} v${checklist.version}`],
    ["Call", sound?.started_at ? moment(sound.started_at) : "unknown"],
    ...(review.came_by ? [["Claimed", cameBy(review.came_by)] satisfies [string, string]] : []),
    ...(other_claims === null ? [] : [["Same company", others] satisfies [string, string]]),
    whose(review),
  ];
}

/** Who claimed it, which shows once the verdict is final; of a second review, when it is due. */
function whose(review: Review): [string, string] {
  if (review.kind === "claim")
    return ["Claimant", review.verdict?.claimant?.name ?? "hidden until the verdict is final"];
  return [
    review.kind === "calibration" ? "Calibration" : "Second review",
    `due ${review.due_at ? moment(review.due_at) : "soon"}`,
  ];
}
