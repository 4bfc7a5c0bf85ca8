// A claim as far as a ruling is concerned.
import type { RuledClaim as Claim } from "../../api";
import { money, moment } from "../../format";

const OUTCOMES: Record<NonNullable<Claim["outcome"]>, string> = {
  passed: "passed",
  failed: "not passed",
  passed_already_paid: "passed; its lead has earned already",
  passed_waiting: "passed, and waits",
};

export function RuledClaim({ title, claim: c }: { title: string; claim: Claim }) {
  return (
    <div>
      <h3>
        {title}: {c.company}
      </h3>
      <dl class="facts">
        <dt>Claim</dt>
        <dd>
          C-{c.number}, {c.campaign}
        </dd>
        <dt>By</dt>
        <dd>{c.claimant}</dd>
        <dt>Made</dt>
        <dd>{moment(c.made_at)}</dd>
        <dt>Verdict</dt>
        <dd>{c.outcome ? OUTCOMES[c.outcome] : "not yet"}</dd>
        <dt>Earned</dt>
        <dd>{c.earned ? <b>{money(c.earned)}</b> : "nothing"}</dd>
      </dl>
    </div>
  );
}
