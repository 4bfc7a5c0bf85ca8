import { useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { clock, disposition, moment, outcome } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { First } from "./First";
import { Fraud } from "./Fraud";
import "./Leads.css";

export function Leads({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.leads);
  const [chosen, choose] = useState<string>();
  return (
    <main id="main" class="page with-side" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Leads</h1>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="leads" />}
        {value?.leads.length === 0 && (
          <Empty title="No leads yet">
            <p>
              They come in with <code>assay leads import</code>.
            </p>
          </Empty>
        )}
        {value && value.leads.length > 0 && (
          <table class="stacking">
            <thead>
              <tr>
                <th scope="col">Company</th>
                <th scope="col">Contact</th>
                <th scope="col">Campaign</th>
                <th scope="col">Source</th>
              </tr>
            </thead>
            <tbody>
              {value.leads.map((l) => (
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
                  <td>{l.campaign}</td>
                  <td>{l.source ?? <span class="muted">unknown</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <aside class="panel" aria-label="The lead’s timeline">
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

function Timeline({ id, role }: { id: string; role: api.Role }) {
  const [loaded, set] = useState<api.Result<{ lead: api.Lead; events: api.LeadEvent[] }>>();
  const load = () => void api.lead(id).then(set);
  useEffect(load, [id]);
  if (!loaded) return <Loading what="the lead" />;
  if (!loaded.ok) return <Trouble problem={loaded.problem} />;
  const { lead, events } = loaded.value;
  return (
    <>
      <header>
        <h2>{lead.company}</h2>
      </header>
      {lead.interactions && <p class="pad second">{lead.interactions}</p>}
      <ol class="timeline">
        {events.map((e) => (
          <li key={`${e.at}${e.kind}${e.what ?? ""}`}>
            <time class="muted">{moment(e.at)}</time>
            <span>
              {sentence(e)}
              {e.waiting && <First waiting={e.waiting} done={load} />}
              {role === "manager" && e.claim && <Fraud claim={e.claim} number={e.number} />}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}

const SAID: Record<string, string> = {
  now: "takes it now",
  later: "later",
  needs_information: "needs to know more",
  nurture: "nurtures it",
  reject: "rejects it",
  stands: "the verdict stands",
  changed: "the verdict was changed",
  ineligible: "not taken up",
};
const said = (word: string | undefined) => SAID[word ?? ""] ?? word ?? "";

function sentence(e: api.LeadEvent): string {
  switch (e.kind) {
    case "lead":
      return `Came in${e.what ? ` by ${e.what}` : ""}`;
    case "call":
      return `Call, ${outcome(e.outcome ?? "")}${e.duration_ms ? `, ${clock(e.duration_ms)}` : ""}${e.disposition ? `: ${disposition(e.disposition)}` : ""}`;
    case "claim":
      return `Claimed as qualified (C-${e.number})`;
    case "sales":
      return `Sales ${said(e.what ?? undefined)}${e.criterion ? ` (${e.criterion})` : ""}${e.note ? `: ${e.note}` : ""}`;
    case "comment":
      return `${e.by}${e.tag ? `, ${e.tag}` : ""}: ${e.what}`;
    case "dispute":
      return `Disputed (C-${e.number}): ${e.what}`;
    case "dispute_decided":
      return `Dispute decided (C-${e.number}): ${said(e.what ?? undefined)}`;
    default:
      return e.passed ? `Passed (C-${e.number})` : `Not passed (C-${e.number})`;
  }
}
