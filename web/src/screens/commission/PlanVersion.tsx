// One version of a plan: what it says, what it changes, who approved it, and who has read it.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { money, moment } from "../../format";
import { Trouble } from "../../parts/states";
import { EndOfPlan } from "./EndOf";
import { changes, hasEnded, payout, since } from "./planWords";
import { TermRows } from "./TermRows";

interface Props {
  version: api.PlanVersion;
  before: api.PlanVersion | undefined;
  inForce: boolean;
  now: string;
  manages: boolean;
  done: (said: string, at?: string) => void;
}

export function PlanVersion({ version: v, before, inForce, now, manages, done }: Props) {
  const heading = `plan-${v.id}`;
  return (
    <article class="plan" aria-labelledby={heading}>
      <h3 id={heading} tabIndex={-1}>
        v{v.version}: {money(v.amount)} <span class="second">for each passed lead</span>{" "}
        <Standing version={v} inForce={inForce} now={now} />
      </h3>
      <dl class="facts">
        <TermRows terms={v} />
        <dt>Payable</dt>
        <dd>{payout(v)}</dd>
        <dt>From</dt>
        <dd>
          claims made from {since(v.from)} on
          {v.until && `, until ${since(v.until)}: ${v.ended_by} set that end`}
        </dd>
        <dt>Approved</dt>
        <dd>
          by {v.approved_by}, {moment(v.approved_at)}
        </dd>
        <dt>{before ? `Against v${before.version}` : "Before"}</dt>
        <dd>{changes(v, before).join(" ")}</dd>
        <dt>Read</dt>
        <dd>{manages ? <Readers version={v} /> : <Own version={v} done={done} />}</dd>
      </dl>
      {manages && inForce && !v.until && <EndOfPlan version={v} done={done} />}
    </article>
  );
}

function Standing({ version: v, inForce, now }: Pick<Props, "version" | "inForce" | "now">) {
  if (inForce) return <span class="tag">in force</span>;
  if (Date.parse(v.from) > Date.parse(now)) return <span class="tag">not in force yet</span>;
  if (hasEnded(v, now)) return <span class="tag">ended</span>;
  return <span class="tag">followed by a later one</span>;
}

function Own({ version: v, done }: Pick<Props, "version" | "done">) {
  const [problem, setProblem] = useState<api.Problem>();
  const read = async () => {
    const r = await api.acknowledgePlan(v.id);
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(`You have read v${v.version} of ${v.campaign}.`, `plan-${v.id}`);
  };
  if (v.read_at) return <>by you, {moment(v.read_at)}</>;
  if (!v.to_read) return <>not by you; none of your claims waits for it</>;
  return (
    <div class="stack">
      <p>
        <span class="mark">not read yet</span> Nothing accrues under v{v.version} until you have
        read it. Reading it is no consent: you only say that you know it.
      </p>
      {problem && <Trouble problem={problem} />}
      <button class="btn primary" onClick={() => void read()}>
        I have read v{v.version}
        <span class="vh"> of {v.campaign}</span>
      </button>
    </div>
  );
}

function Readers({ version: v }: { version: api.PlanVersion }) {
  const read = v.readers.filter((r) => r.read_at);
  const unread = v.readers.filter((r) => !r.read_at);
  if (v.readers.length === 0) return <>by nobody: no telemarketer calls for this client</>;
  return (
    <>
      {read.length} of {v.readers.length}
      {read.length > 0 &&
        `: ${read.map((r) => `${r.name} (${moment(r.read_at ?? "")})`).join(", ")}`}
      {unread.length > 0 && (
        <>
          <br />
          <span class="mark">not yet</span> {unread.map((r) => r.name).join(", ")}
        </>
      )}
    </>
  );
}
