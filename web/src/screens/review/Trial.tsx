// A draft tried on past verdicts before it is signed: who would have failed, what became of them,
// what it would cost.
import { useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { day, money } from "../../format";
import { useFocus } from "../../parts/focus";
import { Empty, Trouble } from "../../parts/states";
import type { Whole } from "./Version";
import "./Trial.css";

const DAYS = [30, 90, 180, 365];
const MOST_LISTED = 200;

export function Trial({ version, back }: { version: Whole; back: () => void }) {
  const [days, setDays] = useState(90);
  const [tried, setTried] = useState<api.Result<api.Trial>>();
  const [round, setRound] = useState(0);
  const headRef = useFocus<HTMLHeadingElement>();
  useEffect(() => {
    let current = true;
    void api.tryChecklist(version.id, days).then((r) => current && setTried(r));
    return () => void (current = false);
  }, [version.id, days, round]);
  const take = (n: number) => {
    setTried(undefined);
    setDays(n);
    setRound((old) => old + 1);
  };
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1 ref={headRef} tabIndex={-1}>
            {version.checklist.name} v{version.version}, tried on past verdicts
          </h1>
          <button class="btn end" onClick={back}>
            Back to the checklists
          </button>
        </header>
        <div class="pad stack">
          <p>
            <b>This changes no verdict.</b> The answers that reviewers gave are judged again by this
            draft’s rules; nobody is told and nothing is booked.
          </p>
          <label class="field days">
            <span>Verdicts of the last</span>
            <select class="in" value={days} onChange={(e) => take(Number(e.currentTarget.value))}>
              {DAYS.map((n) => (
                <option key={n} value={n}>
                  {n} days
                </option>
              ))}
            </select>
          </label>
        </div>
        {tried && !tried.ok && <Trouble problem={tried.problem} again={() => take(days)} />}
        <p class={tried ? "vh" : "note"} role="status">
          {tried ? "Tried." : `Trying it on the verdicts of ${days} days; this can take seconds …`}
        </p>
      </section>
      {tried?.ok && <Result trial={tried.value} />}
    </main>
  );
}

function Result({ trial }: { trial: api.Trial }) {
  if (trial.verdicts === 0)
    return (
      <section class="panel">
        <Empty title={`No final verdict since ${day(trial.from)}`}>
          <p>There is nothing to try this draft on. Take more days, or sign it untried.</p>
        </Empty>
      </section>
    );
  return (
    <>
      <Counts trial={trial} />
      <Otherwise
        title="Passed then, would not pass now"
        none="No claim that passed would fail."
        rows={trial.newly_failed}
      />
      <Otherwise
        title="Not passed then, would pass now"
        none="No claim that failed would pass."
        rows={trial.newly_passed}
      />
      {trial.cannot_tell > 0 && <CannotTell trial={trial} />}
    </>
  );
}

function Counts({ trial: t }: { trial: api.Trial }) {
  return (
    <section class="panel">
      <header>
        <h2>
          {t.verdicts} {t.verdicts === 1 ? "verdict" : "verdicts"} since {day(t.from)}
        </h2>
      </header>
      <table class="counts">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col" class="num">
              As judged
            </th>
            <th scope="col" class="num">
              By this draft
            </th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Passed</th>
            <td class="num">{t.now_passed}</td>
            <td class="num">{t.would_pass}</td>
          </tr>
          <tr>
            <th scope="row">Not passed</th>
            <td class="num">{t.now_failed}</td>
            <td class="num">{t.would_fail}</td>
          </tr>
          <tr>
            <th scope="row">Cannot be told</th>
            <td class="num">0</td>
            <td class="num">{t.cannot_tell}</td>
          </tr>
        </tbody>
      </table>
      <div class="pad stack">
        <h3>What it would have cost the floor</h3>
        {t.cost.length === 0 && <p class="second">It would have moved no money.</p>}
        {t.cost.map((c) => (
          <p key={c.currency}>
            <b>{money({ minor: c.lost_minor, currency: c.currency })}</b> less from claims that
            would fail, <b>{money({ minor: c.gained_minor, currency: c.currency })}</b> more from
            claims that would pass.
          </p>
        ))}
      </div>
    </section>
  );
}

interface OtherwiseProps {
  title: string;
  none: string;
  rows: api.Trial["newly_failed"];
}

function Otherwise({ title, none, rows }: OtherwiseProps) {
  return (
    <section class="panel">
      <header>
        <h2>{title}</h2>
        <span class="second">
          {rows.length === MOST_LISTED ? `the first ${MOST_LISTED}` : rows.length}
        </span>
      </header>
      {rows.length === 0 ? <p class="note">{none}</p> : <Claims title={title} rows={rows} />}
    </section>
  );
}

const Claims = ({ title, rows }: Pick<OtherwiseProps, "title" | "rows">) => (
  <table class="stacking" aria-label={title}>
    <thead>
      <tr>
        <th scope="col">Claim</th>
        <th scope="col">Decided</th>
        <th scope="col">Because of</th>
        <th scope="col">Sales’ answer</th>
        <th scope="col" class="num">
          Calls after
        </th>
      </tr>
    </thead>
    <tbody>
      {rows.map((r) => (
        <tr key={r.claim_number}>
          <td>
            <b>{r.company}</b> <span class="muted small">C-{r.claim_number}</span>
          </td>
          <td>{day(r.decided_at)}</td>
          <td>{r.why.join(", ")}</td>
          <td>{r.sales ? SALES[r.sales] : <span class="muted">none</span>}</td>
          <td class="num">{r.called_after === 1 ? "1 call" : `${r.called_after} calls`}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

const SALES: Record<NonNullable<api.Trial["newly_failed"][number]["sales"]>, string> = {
  now: "takes it now",
  later: "later",
  needs_information: "needs to know more",
  nurture: "nurtures it",
  reject: "rejects it",
};

function CannotTell({ trial }: { trial: api.Trial }) {
  return (
    <section class="panel">
      <header>
        <h2>What past answers cannot tell</h2>
        <span class="second">
          {trial.cannot_tell} of {trial.verdicts} verdicts
        </span>
      </header>
      <ul class="pad stack">
        {trial.cannot_tell_rows.map((r) => (
          <li key={r.criterion}>
            <b>{r.title}</b>, {r.n} {r.n === 1 ? "verdict" : "verdicts"}: {r.why}
          </li>
        ))}
      </ul>
    </section>
  );
}
