// A claim in few words: where it stands, why, and its money.
import type * as api from "../../api";
import { day, money } from "../../format";
import { State } from "../../parts/marks";

export function Standing({ claim }: { claim: api.Claim }) {
  if (claim.state === "withdrawn") return <State shape="open">Withdrawn</State>;
  if (claim.state === "sent_back") return <State shape="dispute">Came back to you</State>;
  if (claim.dispute?.state === "open") return <State shape="dispute">Disputed</State>;
  if (claim.outcome === "failed") return <State shape="fail">Not passed</State>;
  if (claim.outcome === "passed_waiting") return <State shape="pass">Passed, waiting</State>;
  if (claim.outcome) return <State shape="pass">Passed</State>;
  if (claim.state === "open") return <State shape="open">In the queue</State>;
  return <State shape="review">In review</State>;
}

/** Rows that must pass and were judged not to. */
export const failedRows = (claim: api.Claim) =>
  claim.verdict?.rows.filter((r) => r.must_pass && r.judged && r.passes === false) ?? [];

function inLine({ position, first }: api.Claim): string {
  if (first) return "put first by your manager";
  if (position === 1) return "next in line";
  return position ? `number ${position} in line` : "waiting";
}

export function Why({ claim }: { claim: api.Claim }) {
  if (claim.state === "withdrawn") return <>you withdrew it</>;
  if (claim.state === "sent_back") return <>another company: set the lead right</>;
  if (claim.state === "open") return <>{inLine(claim)}</>;
  if (claim.state !== "decided") return <>somebody is listening</>;
  const failed = failedRows(claim);
  if (failed.length === 0) return <>{passedWhy(claim)}</>;
  return (
    <>
      {failed.map((r) => (
        <span key={r.criterion} class="reason">
          <b>{r.title}:</b> {r.answer?.toLowerCase()}
        </span>
      ))}
    </>
  );
}

function passedWhy({ outcome, waits_until, dispute }: api.Claim): string {
  if (outcome === "passed_already_paid")
    return "all proven; this lead has earned its one commission";
  if (outcome === "passed_waiting")
    return waits_until
      ? `a colleague claimed it before you; known by ${day(waits_until)}`
      : "all proven; it waits for a plan or an earlier claim";
  return dispute?.state === "changed" ? "all proven, after your dispute" : "all proven";
}

export function Amount({ claim }: { claim: api.Claim }) {
  if (claim.entry) return <b>{money(claim.entry.amount)}</b>;
  const open = claim.state !== "decided" || claim.outcome === "passed_waiting";
  if (claim.state === "withdrawn" || claim.state === "sent_back" || !open) return <b>none</b>;
  return <span class="muted">open</span>;
}
