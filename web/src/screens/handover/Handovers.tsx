// What was handed over to sales: passed and unanswered first, with a due time. One lead opens as a
// card at an address of its own.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { Likely } from "../report/Likely";
import { Card } from "./Card";
import { answerWord, left } from "./words";
import "./Handovers.css";

const PATH = "/handovers/";
const FILTERS: [api.HandedWhich, string][] = [
  ["all", "All"],
  ["unanswered", "Unanswered"],
  ["not_called", "Not called yet"],
];

export function Handovers({ me, path }: { me: api.Me; path: string }) {
  const claim = path.startsWith(PATH) ? decodeURIComponent(path.slice(PATH.length)) : undefined;
  return claim ? <Card key={claim} claim={claim} me={me} /> : <List />;
}

function List() {
  const [which, set] = useState<api.HandedWhich>("all");
  const ask = useCallback(() => api.handovers(which), [which]);
  const { value, problem, again } = useLoaded(ask, "handovers");
  const waiting = value?.waiting ?? 0;
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Handed over</h1>
          <p class="second" role="status">
            {value && (waiting === 0 ? "Nothing waits for an answer." : `${waiting} unanswered.`)}
            {value && value.held_back > 0 && ` ${value.held_back} passed and wait for a blank.`}
          </p>
        </header>
        <div class="pad wrap" role="group" aria-label="Which leads">
          {FILTERS.map(([id, label]) => (
            <button key={id} class="btn" aria-pressed={which === id} onClick={() => set(id)}>
              {label}
            </button>
          ))}
        </div>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="leads" />}
        {value?.leads.length === 0 && (
          <Empty title={which === "all" ? "Nothing was handed over yet" : "None of these"}>
            <p>A lead is here as soon as its verdict is final and passed.</p>
          </Empty>
        )}
        {value && value.leads.length > 0 && <Table leads={value.leads} />}
        {value?.more && <p class="pad second">The first 200 are shown.</p>}
      </section>
    </main>
  );
}

function Table({ leads }: { leads: api.HandedLead[] }) {
  return (
    <table class="stacking handed">
      <thead>
        <tr>
          <th scope="col">Company</th>
          <th scope="col">Answer</th>
          <th scope="col">First sales call</th>
          <th scope="col">Passed</th>
          <th scope="col">Whose</th>
        </tr>
      </thead>
      <tbody>
        {leads.map((l) => (
          <tr key={l.claim}>
            <td>
              <a href={`${PATH}${l.claim}`} onClick={follow}>
                <b>{l.company}</b>
              </a>
              <br />
              <span class="muted small">{l.contact ?? "contact unknown"}</span>
            </td>
            <td>
              <Answered lead={l} />
            </td>
            <td>
              <Called lead={l} />
            </td>
            <td>{moment(l.passed_at)}</td>
            <td>{l.mine ? <b>yours</b> : (l.whose ?? "nobody’s yet")}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Answered({ lead }: { lead: api.HandedLead }) {
  if (lead.answer)
    return (
      <>
        {answerWord(lead.answer)}
        {lead.until && <span class="second"> {moment(lead.until)}</span>}
        {lead.questions > 0 && <span class="muted small"> · a question waits</span>}
      </>
    );
  const due = lead.answer_due_at && left(lead.answer_due_at);
  return (
    <>
      <State shape="open">Unanswered</State>
      <br />
      {due && <span class={due.late ? "err" : "second small"}>due {due.words}</span>}
      {lead.score && <Likely score={lead.score} />}
    </>
  );
}

function Called({ lead }: { lead: api.HandedLead }) {
  if (lead.first_call_at) return <>{moment(lead.first_call_at)}</>;
  if (lead.answer === "reject" || lead.answer === "nurture")
    return <span class="muted">not asked for</span>;
  const due = lead.call_due_at && left(lead.call_due_at);
  return (
    <>
      not seen yet
      <br />
      {due && <span class={due.late ? "err" : "second small"}>due {due.words}</span>}
    </>
  );
}
