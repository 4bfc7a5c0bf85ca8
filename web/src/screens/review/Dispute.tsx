// A dispute under its claim: whether there can be one, until when, and what became of it, row by
// row.
import { useState } from "preact/hooks";
import type * as api from "../../api";
import { ago, day, moment } from "../../format";
import { ClipPlayer } from "../../parts/ClipPlayer";
import { State } from "../../parts/marks";
import { failedRows } from "./claimWords";
import { begunDispute } from "./disputeDraft";

export function Dispute({ claim, open }: { claim: api.Claim; open: () => void }) {
  const [now] = useState(() => Date.now());
  if (claim.dispute) return <Made claim={claim} dispute={claim.dispute} />;
  if (failedRows(claim).length === 0 || !claim.dispute_until) return null;
  if (Date.parse(claim.dispute_until) < now)
    return (
      <p class="pad second">This verdict could be disputed until {day(claim.dispute_until)}.</p>
    );
  return (
    <div class="pad stack notice">
      <p>
        A second reviewer, who does not see this verdict, judges the call afresh. You need the
        moment in the call and a reason, for each row.
      </p>
      <div class="wrap">
        <button class="btn primary large" onClick={open}>
          {begunDispute(claim.id) ? "Go on with your dispute" : "Dispute this verdict"}
        </button>
        <Deadline until={claim.dispute_until} now={now} />
      </div>
    </div>
  );
}

/** How long there is, in days and as a date. */
export function Deadline({ until, now }: { until: string; now: number }) {
  const left = ago(new Date(now).toISOString(), Date.parse(until));
  return (
    <span class="mark">
      {left} left, until {moment(until)}
    </span>
  );
}

type Disputed = NonNullable<api.Claim["dispute"]>;

function Made({ claim, dispute }: { claim: api.Claim; dispute: Disputed }) {
  return (
    <div class="pad stack notice">
      <h3>Your dispute</h3>
      <ul class="stack wide">
        {dispute.rows.map((r) => (
          <li key={r.criterion}>
            <b>{r.title}:</b> “{r.reason}”{" "}
            <ClipPlayer
              call={r.clip.call}
              from={r.clip.from_ms}
              to={r.clip.to_ms}
              label={`Play your moment for ${r.title}`}
            />
            {decided(dispute) && <Became row={claim.verdict?.rows} of={r.criterion} />}
          </li>
        ))}
      </ul>
      <Outcome claim={claim} dispute={dispute} />
    </div>
  );
}

const decided = (d: Disputed) => d.state === "changed" || d.state === "stands";

/** What holds now for a row that was disputed: the very answer that stands above. */
function Became({ row, of }: { row: api.Row[] | undefined; of: string }) {
  const now = row?.find((r) => r.criterion === of);
  if (!now?.judged || now.passes === null) return null;
  return (
    <p>
      <State shape={now.passes ? "pass" : "fail"}>
        {now.passes ? "Passes now" : "Still does not pass"}: {now.answer?.toLowerCase()}
      </State>
    </p>
  );
}

function Outcome({ claim, dispute: d }: { claim: api.Claim; dispute: Disputed }) {
  if (d.state === "open")
    return (
      <>
        <State shape="dispute">Being judged afresh</State>
        <p class="second">You hear by {moment(d.due_at)}.</p>
      </>
    );
  if (d.state === "ineligible")
    return (
      <>
        <State shape="fail">Not taken up</State>
        <p>
          {d.ruling === "duplicate"
            ? "The lead is a duplicate."
            : "The claim is not yours to make."}{" "}
          Your manager ruled on that alone.
        </p>
      </>
    );
  return (
    <>
      <p>{decidedWords(claim, d)}</p>
      {d.note && <p>{d.note}</p>}
    </>
  );
}

function decidedWords(claim: api.Claim, d: Disputed): string {
  if (claim.verdict?.passed) return "You were right: the claim passes.";
  if (d.state === "stands") return "A second reviewer came to the same: the claim does not pass.";
  return "The second reviewer changed answers, and the claim still does not pass.";
}
