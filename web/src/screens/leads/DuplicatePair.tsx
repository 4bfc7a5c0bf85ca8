// Two leads that may be one, and what a manager says of them.
import { useId, useState } from "preact/hooks";
import * as api from "../../api";
import { day, many } from "../../format";
import { Trouble } from "../../parts/states";
import { stage } from "./words";

interface Props {
  pair: api.DuplicatePair;
  acts: boolean;
  done: (said: string) => void;
}

export function DuplicatePair({ pair: { one, other, shared }, acts, done }: Props) {
  const [problem, setProblem] = useState<api.Problem>();
  const of = `${one.external_id} and ${other.external_id}`;
  const take = async <T,>(asked: Promise<api.Result<T>>, said: (value: T) => string) => {
    const r = await asked;
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(said(r.value));
  };
  const keep = (stays: api.DuplicateLead, goes: api.DuplicateLead) =>
    take(
      api.mergeLead(goes.id, stays.id),
      (moved) =>
        `${goes.external_id} is part of ${stays.external_id} now; ${many(moved.calls, "call")} moved.`,
    );
  return (
    <article class="pair-of-leads" aria-label={`${of}, which share ${shared}`} tabIndex={-1}>
      <p class="pad">
        Both have <b>{shared}</b>.
      </p>
      <div class="sides">
        <Side lead={one} acts={acts} keep={() => void keep(one, other)} />
        <Side lead={other} acts={acts} keep={() => void keep(other, one)} />
      </div>
      {problem && <Trouble problem={problem} />}
      {acts && (
        <div class="pad">
          <button
            class="btn"
            onClick={() =>
              void take(api.leadsApart(one.id, other.id), () => `${of} are two leads.`)
            }
          >
            They are two leads
            <span class="vh"> ({of})</span>
          </button>
        </div>
      )}
    </article>
  );
}

interface SideProps {
  lead: api.DuplicateLead;
  acts: boolean;
  keep: () => void;
}

function Side({ lead, acts, keep }: SideProps) {
  const id = useId();
  const facts: [string, string | null][] = [
    ["Contact", [lead.contact, lead.contact_role].filter(Boolean).join(", ") || null],
    ["Numbers", lead.numbers.join(", ") || null],
    ["Mail", lead.email],
    ["Source", lead.source],
    ["Received", day(lead.received_at)],
    ["Stage", stage(lead.stage)],
    ["Calls", many(lead.calls, "call")],
    ["Claims", lead.claims > 0 ? many(lead.claims, "claim") : "none"],
    ["Took in", lead.taken_in > 0 ? many(lead.taken_in, "lead") : null],
  ];
  return (
    <div class="pad stack">
      <h3>
        {lead.company} <span class="second">{lead.external_id}</span>
      </h3>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <>
              <dt key={name}>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
      </dl>
      {acts && (
        <div>
          <button
            class="btn"
            aria-disabled={lead.cannot_stay !== null}
            aria-describedby={lead.cannot_stay === null ? undefined : id}
            onClick={() => lead.cannot_stay === null && keep()}
          >
            One lead: keep {lead.external_id}
          </button>
        </div>
      )}
      {acts && lead.cannot_stay !== null && (
        <p id={id} class="muted small">
          It cannot be the one that stays: {lead.cannot_stay}.
        </p>
      )}
    </div>
  );
}
