// Proposed versions: nothing holds by them until a manager approves one.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { money } from "../../format";
import { Ask } from "../../parts/Ask";
import { focusLater } from "../../parts/focus";
import { Trouble } from "../../parts/states";
import { changes, holdsFrom, payout, since } from "./planWords";
import { TermRows } from "./TermRows";

interface Props {
  plans: api.Plans;
  done: (said: string) => void;
}

export function Drafts({ plans, done }: Props) {
  return (
    <section class="panel" aria-labelledby="drafts">
      <header>
        <h2 id="drafts">Proposed, not approved</h2>
        <span class="second">nothing holds by these</span>
      </header>
      <p class="pad second">
        One manager approves, whose pay hangs on nobody’s leads. The log keeps who proposed a
        version and who approved it.
      </p>
      {plans.drafts.map((d) => (
        <Draft key={d.id} draft={d} plans={plans} done={done} />
      ))}
    </section>
  );
}

function Draft({ draft: d, plans, done }: { draft: api.PlanDraft } & Props) {
  const [asking, ask] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const askRef = useRef<HTMLButtonElement>(null);
  const name = plans.campaigns.find((c) => c.id === d.campaign_id)?.name ?? "a campaign";
  const latest = plans.versions.find((v) => v.campaign_id === d.campaign_id);
  const next = `v${(latest?.version ?? 0) + 1} of ${name}`;
  const told = (r: api.Result<void>, said: string) => {
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(said);
    else ask(false);
  };
  const approve = async () => told(await api.approvePlan(d.id), `Approved: ${next}.`);
  const withdraw = async () => told(await api.withdrawPlan(d.id), "The proposal is taken back.");
  const keep = () => {
    ask(false);
    focusLater(() => askRef.current);
  };
  return (
    <article class="plan" aria-labelledby={`draft-${d.id}`}>
      <h3 id={`draft-${d.id}`}>
        {name}: {money(d.amount)} <span class="second">for each passed lead</span>
      </h3>
      <dl class="facts">
        <TermRows terms={d} />
        <dt>Payable</dt>
        <dd>{payout(d)}</dd>
        <dt>From</dt>
        <dd>{holdsFrom(d.from, plans.now)}</dd>
        <dt>Proposed</dt>
        <dd>
          by {d.proposed_by ?? "a command on the box"}, {since(d.proposed_at)}
        </dd>
        <dt>{latest ? `Against v${latest.version}` : "Before"}</dt>
        <dd>{changes(d, latest).join(" ")}</dd>
      </dl>
      {problem && <Trouble problem={problem} />}
      <div class="acts">
        {asking ? (
          <Ask no="Not now" yes={`Approve ${next}`} back={keep} act={() => void approve()}>
            <b>
              Approve {money(d.amount)} for each passed lead of {name}?
            </b>{" "}
            It holds for {holdsFrom(d.from, plans.now)}. A version is never changed; claims earn by
            it once its telemarketers have read it. Your approval is enough, and the log keeps it.
          </Ask>
        ) : (
          <div class="wrap">
            <button class="btn primary" ref={askRef} onClick={() => ask(true)}>
              Approve
              <span class="vh">
                {" "}
                {money(d.amount)} for {name}
              </span>
            </button>
            <button class="btn" onClick={() => void withdraw()}>
              Take back
              <span class="vh">
                {" "}
                {money(d.amount)} for {name}
              </span>
            </button>
          </div>
        )}
      </div>
    </article>
  );
}
