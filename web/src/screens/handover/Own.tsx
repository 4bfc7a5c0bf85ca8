// What became of a telemarketer's leads: sales' answers and questions, calls that the wire saw, and the
// write-up that goes with each.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useAddress } from "../../parts/address";
import { Find } from "../../parts/Find";
import { State } from "../../parts/marks";
import { usePages } from "../../parts/pages";
import { Pick } from "../../parts/Pick";
import { Empty, Loading, Trouble } from "../../parts/states";
import { OwnWriteUp } from "./OwnWriteUp";
import { PromiseForm } from "./PromiseForm";
import { PromiseList } from "./Promises";
import { fieldWord, seen, told } from "./words";
import "./Handovers.css";

const leadsOf = (page: { leads: api.OwnHandover[] }) => page.leads;
const SHOW: [string, string][] = [
  ["", "all"],
  ["true", "what waits for you"],
];

export function Own() {
  const [fields, change] = useAddress();
  const q = fields.get("q") ?? "";
  const toDo = fields.get("to_do") ?? "";
  const ask = useCallback(
    (after?: string) => api.ownHandovers({ q, to_do: toDo, after }),
    [q, toDo],
  );
  const pages = usePages(ask, leadsOf, "handovers");
  const { first, items, next, problem, again, more, refresh } = pages;
  return (
    <main id="main" class="page stack" tabIndex={-1}>
      <h1>Handed over</h1>
      <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
        <Find placeholder="Company, contact or C-1001" {...{ fields, change }} />
        <Pick name="to_do" label="Show" all={SHOW} none="" {...{ fields, change }} />
      </form>
      {problem && <Trouble problem={problem} again={again} />}
      {!first && !problem && <Loading what="your leads" />}
      {first && items.length === 0 && (
        <Empty title={q || toDo ? "None of these" : "Nothing was handed over yet"}>
          <p>A lead of yours that passes shows here, with what sales makes of it.</p>
        </Empty>
      )}
      {items.map((lead) => (
        <One key={lead.claim} lead={lead} done={() => void refresh()} />
      ))}
      {next && (
        <p>
          <button class="btn" onClick={more}>
            Show 20 more
          </button>
        </p>
      )}
    </main>
  );
}

function One({ lead, done }: { lead: api.OwnHandover; done: () => void }) {
  const [noting, note] = useState(false);
  const open = lead.questions.filter((q) => q.answer === null);
  // Sales turned it down: nobody is to call about it.
  const refused = lead.answer?.answer === "reject" || lead.answer?.answer === "nurture";
  return (
    <section class="panel" aria-label={lead.company}>
      <header>
        <h2>{lead.company}</h2>
        <span class="second">
          C-{lead.number}, {lead.campaign}; passed {moment(lead.passed_at)}
        </span>
      </header>
      {!lead.handed_at && (
        <p class="pad mark" role="status">
          Held back: fill in {lead.blanks.map(fieldWord).join(", ")}, and it goes to sales at once.
        </p>
      )}
      <dl class="pad known">
        <dt>Sales’ answer</dt>
        <dd>
          {lead.answer ? (
            <>
              <b>{told(lead.answer)}</b>, {lead.answer.by}, {moment(lead.answer.at)}
              {lead.answer.note && <span class="second">: {lead.answer.note}</span>}
              {lead.answer.preference && (
                <span class="second"> (a preference, no fault of the lead)</span>
              )}
            </>
          ) : (
            <State shape="open">Unanswered{lead.whose && `, with ${lead.whose}`}</State>
          )}
        </dd>
        <dt>Their first call</dt>
        <dd>
          {lead.first_call ? seen(lead.first_call) : refused ? "not asked for" : "not seen yet"}
          {lead.longest_call && lead.longest_call.at !== lead.first_call?.at && (
            <span class="second">; the longest {seen(lead.longest_call)}</span>
          )}
        </dd>
        <dt>Hand-over call</dt>
        <dd>
          {lead.handover_call ? (
            <b>{seen(lead.handover_call)}</b>
          ) : refused ? (
            "not asked for"
          ) : (
            "to do: call sales; the wire ticks it off"
          )}
        </dd>
        <dt>Enough to call?</dt>
        <dd>
          {lead.rating
            ? lead.rating.enough
              ? "yes"
              : `no: ${lead.rating.why}`
            : "sales has not said"}
        </dd>
      </dl>
      {open.map((q) => (
        <Reply key={q.id} question={q} done={done} />
      ))}
      <PromiseList promises={lead.promises} withdraws done={done} />
      {noting ? (
        <PromiseForm
          claim={lead.claim}
          moments={[]}
          back={() => note(false)}
          done={() => {
            note(false);
            done();
          }}
        />
      ) : (
        <p class="pad">
          <button class="btn" onClick={() => note(true)}>
            Note a promise<span class="vh"> to {lead.company}</span>
          </button>
        </p>
      )}
      <OwnWriteUp lead={lead} done={done} />
    </section>
  );
}

function Reply({ question, done }: { question: api.HandoverQuestion; done: () => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const r = await api.replyToSales(question.id, String(form.get("text")).trim());
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done();
  };
  return (
    <form class="pad stack asked" onSubmit={(e) => void send(e)}>
      <label class="field">
        <span>
          <b>{question.by ?? "The CRM"}</b> asks, {moment(question.asked_at)}: {question.text}
        </span>
        <textarea class="in" name="text" rows={2} required maxLength={2000} />
      </label>
      {problem && <Trouble problem={problem} />}
      <button class="btn primary">Answer</button>
    </form>
  );
}
