// Leads: found, narrowed, page by page; what is open has an address.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { type Changes, useAddress } from "../../parts/address";
import { Find } from "../../parts/Find";
import { useLoaded } from "../../parts/load";
import { usePages } from "../../parts/pages";
import { Pick } from "../../parts/Pick";
import { reveal } from "../../parts/reveal";
import { Empty, Loading, Trouble } from "../../parts/states";
import { InCrm } from "../handover/InCrm";
import { First } from "./First";
import { Fraud } from "./Fraud";
import { happened } from "./happened";
import { BUYER_STAGES, counted, dueBy, stage, STAGES, timeLeft, urgency, VIEWS } from "./words";
import "./Leads.css";

const leadsOf = (page: api.ListedLeads) => page.leads;
const FIELDS = ["view", "q", "stage", "source", "campaign"] as const;

/** What would tell what calls came to is not counted where nobody is singled out. */
const howMany = (count: number | null) =>
  count === null
    ? "not counted: it was promised that nobody is singled out"
    : `${counted(count)} ${count === 1 ? "lead" : "leads"}`;

export function Leads({ me }: { me: api.Me }) {
  const [fields, change] = useAddress();
  const wanted = FIELDS.map((f) => fields.get(f) ?? "").join("\n");
  const ask = useCallback(
    (after?: string) => {
      const [view, q, of, source, campaign] = wanted.split("\n");
      return api.leads({ view, q, stage: of, source, campaign, after });
    },
    [wanted],
  );
  const { first, items, next, problem, again, more } = usePages(ask, leadsOf);
  const chosen = fields.get("lead") ?? undefined;
  const sideRef = useRef<HTMLElement>(null);
  useEffect(() => {
    if (chosen) reveal(sideRef.current);
  }, [chosen]);
  const narrowed = wanted.replaceAll("\n", "") !== "";
  return (
    <main id="main" class="page with-side" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Leads</h1>
          <span class="second" role="status">
            {first && howMany(first.count)}
          </span>
        </header>
        <Filters fields={fields} change={change} />
        {problem && <Trouble problem={problem} again={again} />}
        {!first && !problem && <Loading what="leads" />}
        {first && items.length === 0 && (narrowed ? <NoneFit change={change} /> : <NoLeads />)}
        {items.length > 0 && (
          <Table
            items={items}
            now={first?.now}
            chosen={chosen}
            choose={(lead) => change({ lead }, true)}
          />
        )}
        {next && (
          <p class="pad">
            <button class="btn" onClick={more}>
              Show 50 more
            </button>
          </p>
        )}
      </section>
      <aside class="panel" aria-label="The lead’s timeline" ref={sideRef}>
        {chosen ? (
          <Timeline key={chosen} id={chosen} role={me.role} />
        ) : (
          <Empty title="No lead chosen">
            <p>Its calls, claims and verdicts show here.</p>
          </Empty>
        )}
      </aside>
    </main>
  );
}

const NoLeads = () => (
  <Empty title="No leads yet">
    <p>
      They come in with <code>assay leads import</code>.
    </p>
  </Empty>
);

const NoneFit = ({ change }: { change: (changes: Changes) => void }) => (
  <Empty title="No lead fits">
    <p>Words are found by their beginning. Take something away:</p>
    <button
      class="btn"
      onClick={() => change(Object.fromEntries(FIELDS.map((f) => [f, undefined])))}
    >
      Show all leads
    </button>
  </Empty>
);

interface FilterProps {
  fields: URLSearchParams;
  change: (changes: Changes) => void;
}

function Filters({ fields, change }: FilterProps) {
  const choices = useLoaded(api.leadChoices).value;
  const pairs = (list: api.LeadChoices["sources"] | undefined): [string, string][] => {
    const clients = new Set(list?.map((c) => c.client));
    return (list ?? []).map((c) => [c.id, clients.size > 1 ? `${c.name}, ${c.client}` : c.name]);
  };
  return (
    <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
      <Find placeholder="Company, contact or number" {...{ fields, change }} />
      <Pick name="view" label="Show" all={VIEWS} none="" {...{ fields, change }} />
      <Pick name="stage" label="Stage" all={STAGES} none="any" {...{ fields, change }} />
      <Pick
        name="source"
        label="Source"
        all={pairs(choices?.sources)}
        none="any"
        {...{ fields, change }}
      />
      <Pick
        name="campaign"
        label="Campaign"
        all={pairs(choices?.campaigns)}
        none="any"
        {...{ fields, change }}
      />
    </form>
  );
}

interface TableProps {
  items: api.ListedLead[];
  /** The box's time, by which something is late. */
  now: string | undefined;
  chosen: string | undefined;
  choose: (id: string) => void;
}

const Table = ({ items, now, chosen, choose }: TableProps) => (
  <table class="stacking leads">
    <thead>
      <tr>
        <th scope="col">Company</th>
        <th scope="col">Contact</th>
        <th scope="col">Stage, what is next</th>
        <th scope="col">Campaign, source</th>
      </tr>
    </thead>
    <tbody>
      {items.map((l) => (
        <tr key={l.id} aria-selected={l.id === chosen}>
          <td>
            <button class="link" onClick={() => choose(l.id)}>
              <b>{l.company}</b>
            </button>
            <br />
            <span class="muted small">{l.external_id}</span>
          </td>
          <td>
            {l.contact ?? <span class="muted">unknown</span>}
            {l.contact_role && (
              <>
                <br />
                <span class="muted small">{l.contact_role}</span>
              </>
            )}
          </td>
          <td>
            {stage(l.stage)}
            <br />
            <span class="muted small">{dueBy(l)}</span> <Late lead={l} now={now} />
          </td>
          <td>
            {l.campaign}
            <br />
            <span class="muted small">
              {l.source ? `${l.source}, ${l.grade}` : "source unknown"}
            </span>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

function Late({ lead, now }: { lead: api.ListedLead; now: string | undefined }) {
  if (!lead.act_at || !now || urgency(lead.act_at, Date.parse(now)) !== "late") return null;
  return <span class="err">{timeLeft(lead.act_at, Date.parse(now))}</span>;
}

function Timeline({ id, role }: { id: string; role: api.Role }) {
  const [loaded, set] = useState<api.Result<{ lead: api.Lead; events: api.LeadEvent[] }>>();
  const load = () => void api.lead(id).then(set);
  useEffect(load, [id]);
  if (!loaded) return <Loading what="the lead" />;
  if (!loaded.ok) return <Trouble problem={loaded.problem} />;
  const { lead, events } = loaded.value;
  const handed = events.find((e) => e.passed)?.claim;
  return (
    <>
      <header>
        <h2 tabIndex={-1}>{lead.company}</h2>
        <span class="second">{stage(lead.stage)}</span>
      </header>
      <Known lead={lead} />
      <Facts lead={lead} done={load} />
      {lead.interactions && <p class="pad second">{lead.interactions}</p>}
      <ol class="timeline">
        {events.map((e) => (
          <li key={`${e.at}${e.kind}${e.what ?? ""}`}>
            <time class="muted">{moment(e.at)}</time>
            <span>
              {happened(e)}
              {e.waiting && <First waiting={e.waiting} done={load} />}
              {role === "manager" && e.claim && <Fraud claim={e.claim} number={e.number} />}
            </span>
          </li>
        ))}
      </ol>
      {role === "manager" && handed && <InCrm claim={handed} />}
    </>
  );
}

/** What the list says of it. */
function Known({ lead }: { lead: api.Lead }) {
  const all: [string, string | null][] = [
    ["Contact", [lead.contact, lead.contact_role].filter(Boolean).join(", ") || null],
    [lead.numbers.length === 1 ? "Number" : "Numbers", lead.numbers.join(", ") || null],
    ["Product", lead.product],
    ["Theme", lead.theme],
    ["Segment", lead.segment],
    ["Owner", lead.owner],
    ["Source", [lead.source, lead.source_event].filter(Boolean).join(", ") || null],
  ];
  const known = all.filter((pair): pair is [string, string] => pair[1] !== null);
  return (
    <dl class="pad known">
      {known.map(([what, is]) => (
        <>
          <dt key={what}>{what}</dt>
          <dd>{is}</dd>
        </>
      ))}
    </dl>
  );
}

/** What the wire saw, and how far the buyer has come. */
function Facts({ lead, done }: { lead: api.Lead; done: () => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const set = (word: string) =>
    void api.setBuyerStage(lead.id, word as "awareness").then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) done();
    });
  return (
    <div class="pad stack">
      <p class="second">
        {lead.first_attempt_at
          ? `First attempt ${moment(lead.first_attempt_at)}, ${lead.attempts} in all. `
          : "No attempt yet. "}
        {lead.first_contact_at
          ? `First contact ${moment(lead.first_contact_at)}.`
          : `No contact yet: due ${moment(lead.due_at)}.`}
      </p>
      <label class="field">
        <span>The buyer’s stage</span>
        <select
          class="in"
          value={lead.buyer_stage ?? ""}
          onChange={(e) => e.currentTarget.value && set(e.currentTarget.value)}
        >
          <option value="">not said</option>
          {BUYER_STAGES.map(([id, words]) => (
            <option key={id} value={id}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {problem && <Trouble problem={problem} />}
    </div>
  );
}
