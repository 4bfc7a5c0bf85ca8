// A telemarketer's money, line by line, on screen and on paper.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { day, isPeriod, month, sum } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { asked, keep } from "../../route";
import { AsOf } from "./AsOf";
import { claimsOf, laterOf, standing } from "./arithmetic";
import { Lines } from "./Lines";
import { OwnQuestions } from "./OwnQuestions";
import { PaperHead } from "./Paper";
import { Sealed } from "./Sealed";
import { UnreadPlans } from "./UnreadPlans";
import { WhatMovesMoney } from "./WhatMovesMoney";
import "./Statement.css";

interface Props {
  me: api.Me;
  /** Own claims, whose verdicts stand behind the lines. */
  claims: api.Claim[] | undefined;
}

export function Statement({ me, claims }: Props) {
  const [period, setPeriod] = useState(() => [asked("period") ?? ""].find(isPeriod));
  const [asOf, setAsOf] = useState<string>();
  const ask = useCallback(() => api.statement({ period, as_of: asOf }), [period, asOf]);
  const { value, problem, again } = useLoaded(ask, "claims");
  const plans = useLoaded(api.plans, "claims");
  const choose = (name: string) => {
    setPeriod(name);
    keep("period", name);
  };
  return (
    <main id="main" class="page statement" tabIndex={-1}>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="your statement" />}
      {value && (
        <>
          <PaperHead statement={value} clients={me.clients.map((c) => c.name)} />
          <Title statement={value} asOf={asOf} choose={choose} />
          <UnreadPlans plans={plans.value} zone={value.zone} />
          <Figures statement={value} asOf={asOf} />
          <Booked statement={value} plans={plans.value} claims={claims} />
          {asOf && <Since statement={value} plans={plans.value} claims={claims} />}
          <OwnQuestions />
          <AsOf statement={value} asOf={asOf} show={setAsOf} />
          <Sealed statement={value} />
          <WhatMovesMoney />
          <p class="print-only foot">
            Printed by {value.payee}. Verdict and audio behind each line open at the claim’s number.
          </p>
        </>
      )}
    </main>
  );
}

function Title(p: { statement: api.Statement; asOf?: string; choose: (name: string) => void }) {
  const { statement: s, asOf } = p;
  return (
    <div class="title">
      <h1>Statement</h1>
      <select
        class="in"
        aria-label="Period"
        value={s.period}
        onChange={(e) => p.choose(e.currentTarget.value)}
      >
        {[...new Set([...s.periods, s.period])].map((name) => (
          <option key={name} value={name}>
            {month(name)}
          </option>
        ))}
      </select>
      <span class="second" role="status">
        <span class="vh">{month(s.period)}: </span>
        {standing(s)}
        {asOf && `; as it stood at the end of ${day(asOf, s.zone)}`}
        <span class="vh">. Earned {sum(s.earned_this_period)}.</span>
      </span>
      <a class="btn end" href={api.savedStatement({ period: s.period, as_of: asOf })} download="">
        Save as a file
      </a>
      <button class="btn" onClick={() => print()}>
        Print
      </button>
    </div>
  );
}

/** Claims that are not decided, or that passed and wait. */
function open({ undecided, waiting }: api.Statement): string {
  const passed = `${waiting} passed and ${waiting === 1 ? "waits" : "wait"}`;
  return undecided > 0 ? `${undecided} without a verdict, ${passed}` : passed;
}

export function Figures({ statement: s, asOf }: { statement: api.Statement; asOf?: string }) {
  return (
    <section class="panel tiles" aria-label="Totals">
      <div class="first">
        <span class="label">
          Earned in {month(s.period)}
          {s.locked_at || asOf ? "" : ", so far"}
        </span>
        <b>{sum(s.earned_this_period)}</b>
        <span class="small second">{sum(s.earned)} in all periods</span>
      </div>
      <div>
        <span class="label">Paid{asOf && ` by ${day(s.as_of, s.zone)}`}</span>
        <b>{sum(s.paid)}</b>
        <span class="small second">all periods; each line says by which run</span>
      </div>
      <div>
        <span class="label">Payable by {asOf ? day(s.as_of, s.zone) : "today"}, not paid</span>
        <b>{s.payable.length > 0 ? sum(s.payable) : "nothing"}</b>
        <span class="small second">all periods; {laterOf(s)}</span>
      </div>
      <div>
        <span class="label">Taken back, in the sum already</span>
        <b>{s.taken_back.length > 0 ? sum(s.taken_back) : "nothing"}</b>
        <span class="small second">in {month(s.period)}</span>
      </div>
      <div>
        <span class="label">Undecided now</span>
        <b>{claimsOf(s.undecided + s.waiting)}</b>
        <span class="small second">{s.undecided + s.waiting > 0 ? open(s) : "nothing waits"}</span>
      </div>
    </section>
  );
}

interface BookedProps {
  statement: api.Statement;
  plans: api.Plans | undefined;
  claims: api.Claim[] | undefined;
  /** It is another's: the verdicts behind its lines are not one's own claims. */
  others?: boolean;
}

function count(entries: api.Entry[]): string {
  const back = entries.filter((e) => e.corrects !== null).length;
  const lines = `${entries.length} ${entries.length === 1 ? "line" : "lines"}`;
  return back > 0 ? `${lines}, ${back} of them taking back` : lines;
}

export function Booked({ statement: s, ...behind }: BookedProps) {
  return (
    <section class="panel" aria-labelledby="lines">
      <header>
        <h2 id="lines">Lines of {month(s.period)}</h2>
        {s.entries.length > 0 && (
          <span class="second">{count(s.entries)}; a line is added, never changed</span>
        )}
        {s.entries.length > 0 && (
          <span class="end muted small screen-only">a line opens as arithmetic</span>
        )}
      </header>
      {s.entries.length === 0 ? (
        <Empty title="No line yet">
          <p>A passed claim books one, ten seconds after its verdict.</p>
        </Empty>
      ) : (
        <Lines lines={s.entries} statement={s} {...behind} />
      )}
    </section>
  );
}

/** What came into the period after the day it is shown as of. */
function Since({ statement: s, ...behind }: BookedProps) {
  return (
    <section class="panel" aria-labelledby="since">
      <header>
        <h2 id="since">Booked since then</h2>
        {s.since.length > 0 && <span class="second">{count(s.since)}</span>}
      </header>
      {s.since.length === 0 ? (
        <Empty title="Nothing since then">
          <p>
            {month(s.period)} stands today as it stood on {day(s.as_of, s.zone)}.
          </p>
        </Empty>
      ) : (
        <Lines lines={s.since} statement={s} {...behind} />
      )}
    </section>
  );
}
