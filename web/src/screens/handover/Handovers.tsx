// What was handed over to sales: passed and unanswered first, with a due time. One lead opens as a
// card at an address of its own.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useAddress } from "../../parts/address";
import { Find } from "../../parts/Find";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { usePages } from "../../parts/pages";
import { Pick } from "../../parts/Pick";
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

const leadsOf = (page: { leads: api.HandedLead[] }) => page.leads;
const FIELDS = ["which", "q", "campaign"] as const;

function List() {
  const [fields, change] = useAddress();
  const wanted = FIELDS.map((f) => fields.get(f) ?? "").join("\n");
  const ask = useCallback(
    (after?: string) => {
      const [which, q, campaign] = wanted.split("\n");
      return api.handovers({ which, q, campaign, after });
    },
    [wanted],
  );
  const pages = usePages(ask, leadsOf, "handovers");
  const { first: value, items, next, problem, again, more } = pages;
  const campaigns = useLoaded(api.campaignNeeds).value?.campaigns ?? [];
  const waiting = value?.waiting ?? 0;
  const which = fields.get("which") ?? "all";
  const narrowed = wanted.replaceAll("\n", "") !== "";
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
            <button
              key={id}
              class="btn"
              aria-pressed={which === id}
              onClick={() => change({ which: id === "all" ? undefined : id })}
            >
              {label}
            </button>
          ))}
        </div>
        <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
          <Find placeholder="Company, contact or C-1001" {...{ fields, change }} />
          {campaigns.length > 1 && (
            <Pick
              name="campaign"
              label="Campaign"
              all={campaigns.map((c) => [c.id, c.name])}
              none="any"
              {...{ fields, change }}
            />
          )}
        </form>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="leads" />}
        {value && items.length === 0 && (
          <Empty title={narrowed ? "None of these" : "Nothing was handed over yet"}>
            <p>A lead is here as soon as its verdict is final and passed.</p>
          </Empty>
        )}
        {items.length > 0 && <Table leads={items} />}
        {next && (
          <p class="pad">
            <button class="btn" onClick={more}>
              Show 50 more
            </button>
          </p>
        )}
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
            <td data-head="Answer">
              <Answered lead={l} />
            </td>
            <td data-head="First sales call">
              <Called lead={l} />
            </td>
            <td data-head="Passed">{moment(l.passed_at)}</td>
            <td data-head="Whose">{l.mine ? <b>yours</b> : (l.whose ?? "nobody’s yet")}</td>
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
      {due && <Due of={due} />}
      {lead.score && <Likely score={lead.score} />}
    </>
  );
}

/** `due in 3 h`, `late by 14 days`. */
const Due = ({ of }: { of: ReturnType<typeof left> }) => (
  <span class={of.late ? "err" : "second small"}>
    {of.late ? "" : "due "}
    {of.words}
  </span>
);

function Called({ lead }: { lead: api.HandedLead }) {
  if (lead.first_call_at) return <>{moment(lead.first_call_at)}</>;
  if (lead.answer === "reject" || lead.answer === "nurture")
    return <span class="muted">not asked for</span>;
  const due = lead.call_due_at && left(lead.call_due_at);
  return (
    <>
      not seen yet
      <br />
      {due && <Due of={due} />}
    </>
  );
}
