// What waits for somebody, leads that nobody has talked to, and the money of the month.
import * as api from "../../api";
import { many, moment, money, month } from "../../format";
import { useLoaded } from "../../parts/load";
import { follow } from "../../route";
import { timeLeft, urgency } from "../leads/words";

type Waiting = api.Overview["waiting"][number];

const KINDS: Record<Waiting["kind"], { path: string; what: string; act: string; waits: string }> = {
  question: { path: "/questions", what: "Question", act: "Answer", waits: "a manager" },
  ruling: { path: "/rulings", what: "Two claims, one lead", act: "Rule", waits: "a manager" },
  dispute: { path: "/disputes", what: "Dispute", act: "Open", waits: "a second reviewer" },
};

const numbers = (w: Waiting) =>
  w.kind === "question"
    ? `Q-${w.number}`
    : w.other === null
      ? `C-${w.number}`
      : `C-${w.number} and C-${w.other}`;

export function Clocks({ value }: { value: api.Overview }) {
  const now = Date.parse(value.now);
  const all = value.questions + value.disputes + value.rulings;
  const left = all - value.waiting.length;
  return (
    <section class="panel" aria-labelledby="overview-clocks">
      <header>
        <h2 id="overview-clocks">What runs against a clock</h2>
        <span class="second">
          {many(value.questions, "question")}, {many(value.rulings, "ruling")},{" "}
          {many(value.disputes, "dispute")}
          {value.waiting.length > 0 && "; the next first"}
        </span>
      </header>
      {value.waiting.length === 0 && (
        <p class="pad second">No question, ruling or dispute waits.</p>
      )}
      {value.waiting.length > 0 && (
        <table class="stacking">
          <thead>
            <tr>
              <th scope="col">Time left</th>
              <th scope="col">What it is</th>
              <th scope="col">Whose</th>
              <th scope="col">Waits for</th>
              <th scope="col">
                <span class="vh">Page</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {value.waiting.map((w) => (
              <tr key={`${w.kind} ${w.number} ${w.other}`}>
                <td>
                  <TimeLeft at={w.due_at} now={now} zone={value.zone} />
                </td>
                <td>
                  <b>{KINDS[w.kind].what}</b>
                  <span class="below">
                    {w.company}, {numbers(w)}; since {moment(w.since, value.zone)}
                  </span>
                </td>
                <td>{w.whose}</td>
                <td>{KINDS[w.kind].waits}</td>
                <td class="num">
                  <a class="btn" href={KINDS[w.kind].path} onClick={follow}>
                    {KINDS[w.kind].act}
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {left > 0 && <p class="pad second">{left} more stand on their pages.</p>}
      <Unanswered />
    </section>
  );
}

const unanswered = () => api.handovers({ which: "unanswered" });

/** Leads that passed and that sales has not answered for, of all clients. */
function Unanswered() {
  const waiting = useLoaded(unanswered, "handovers").value?.waiting ?? 0;
  if (waiting === 0) return null;
  return (
    <p class="pad">
      Sales has not answered for{" "}
      <a href="/handovers?which=unanswered" onClick={follow}>
        {many(waiting, "lead")}
      </a>{" "}
      that passed <span class="second">(all clients)</span>.
    </p>
  );
}

function TimeLeft({ at, now, zone }: { at: string | null; now: number; zone: string }) {
  if (at === null) return <>no deadline</>;
  const left = timeLeft(at, now);
  const how = urgency(at, now);
  return (
    <>
      {how === "late" ? (
        <b class="late">{left}</b>
      ) : how === "soon" ? (
        <span class="mark">{left} left</span>
      ) : (
        `${left} left`
      )}
      <span class="below">{moment(at, zone)}</span>
    </>
  );
}

export function Deadlines({ value }: { value: api.Overview }) {
  const now = Date.parse(value.now);
  const many_clients = value.client === null && value.clients.length > 1;
  const all = (of: (s: api.Overview["sources"][number]) => number) =>
    value.sources.reduce((n, s) => n + of(s), 0).toLocaleString();
  return (
    <section class="panel scroll" aria-labelledby="overview-deadlines" tabIndex={0}>
      <header>
        <h2 id="overview-deadlines">Leads that nobody has talked to</h2>
        <span class="second">first contact is taken from the wire</span>
        <a class="end small" href="/work" onClick={follow}>
          Late, by person
        </a>
      </header>
      {value.sources.length === 0 && <p class="pad second">Every open lead was talked to.</p>}
      {value.sources.length > 0 && (
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">Source, grade</th>
              <th scope="col">Deadline</th>
              <th scope="col" class="num">
                Leads
              </th>
              <th scope="col" class="num">
                Due in 24 h
              </th>
              <th scope="col" class="num">
                Late
              </th>
              <th scope="col" class="num">
                Over 7 days
              </th>
              <th scope="col">The latest</th>
            </tr>
          </thead>
          <tbody>
            {value.sources.slice(0, 12).map((s) => (
              <tr key={`${s.client} ${s.source}`}>
                <td>
                  {s.source ?? "source not known"}
                  {s.grade && `, ${s.grade}`}
                  {many_clients && <span class="below">{s.client}</span>}
                </td>
                <td data-head="Deadline">
                  {s.within_hours === null ? "7 days" : hours(s.within_hours)}
                </td>
                <td data-head="Leads" class="num">
                  {s.leads.toLocaleString()}
                </td>
                <td data-head="Due in 24 h" class="num">
                  {s.soon.toLocaleString()}
                </td>
                <td data-head="Late" class={`num ${s.late > 0 ? "late" : ""}`}>
                  {s.late.toLocaleString()}
                </td>
                <td data-head="Over 7 days" class={`num ${s.over_7_days > 0 ? "late" : ""}`}>
                  {s.over_7_days.toLocaleString()}
                </td>
                <td data-head="The latest">
                  {s.latest && (
                    <>
                      <a href={`/leads?lead=${s.latest.lead}`} onClick={follow}>
                        {s.latest.company}
                      </a>
                      , {timeLeft(s.latest.due_at, now)}
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">
                All sources
                {value.sources.length > 12 && `; ${value.sources.length - 12} are not shown`}
              </th>
              <td data-head="Deadline" />
              <td data-head="Leads" class="num">
                {all((s) => s.leads)}
              </td>
              <td data-head="Due in 24 h" class="num">
                {all((s) => s.soon)}
              </td>
              <td data-head="Late" class="num">
                {all((s) => s.late)}
              </td>
              <td data-head="Over 7 days" class="num">
                {all((s) => s.over_7_days)}
              </td>
              <td data-head="The latest" />
            </tr>
          </tfoot>
        </table>
      )}
    </section>
  );
}

const hours = (n: number) => (n % 24 === 0 ? many(n / 24, "day") : many(n, "hour"));

export function Earned({ value }: { value: api.Overview }) {
  return (
    <section class="panel scroll" aria-labelledby="overview-money" tabIndex={0}>
      <header>
        <h2 id="overview-money">Money in {month(value.period)}</h2>
        <a class="end small" href={`/close/${value.period}`} onClick={follow}>
          Preview the closing
        </a>
      </header>
      {value.earned.length === 0 && <p class="pad second">Nothing is booked yet this month.</p>}
      {value.earned.length > 0 && (
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">Campaign, plan</th>
              <th scope="col" class="num">
                Passed leads
              </th>
              <th scope="col" class="num">
                Earned
              </th>
              <th scope="col" class="num">
                Payable by now
              </th>
              <th scope="col" class="num">
                Taken back
              </th>
              <th scope="col">Plan read by</th>
            </tr>
          </thead>
          <tbody>
            {value.earned.map((e) => (
              <tr key={`${e.campaign} ${e.plan_version} ${e.amount.currency}`}>
                <td>
                  {e.campaign}, v{e.plan_version}
                </td>
                <td data-head="Passed leads" class="num">
                  {e.leads.toLocaleString()}
                </td>
                <td data-head="Earned" class="num">
                  <b>{money(e.amount)}</b>
                </td>
                <td data-head="Payable by now" class="num">
                  {money(e.payable)}
                </td>
                <td data-head="Taken back" class="num">
                  {e.taken_back.toLocaleString()}
                </td>
                <td data-head="Plan read by">
                  {e.read < e.readers ? (
                    <a class="mark" href="/plans" onClick={follow}>
                      {e.read} of {e.readers}
                    </a>
                  ) : (
                    `${e.read} of ${e.readers}`
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
