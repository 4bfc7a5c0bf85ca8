// Leads that are part of others, and the way back.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { many, moment } from "../../format";
import { usePages } from "../../parts/pages";
import { Trouble } from "../../parts/states";

interface Props {
  campaign: string;
  acts: boolean;
  split: (said: string) => void;
}

const leadsOf = (page: api.MergedLeads) => page.leads;

export function MergedLeads({ campaign, acts, split }: Props) {
  const ask = useCallback((after?: string) => api.merges(campaign, after), [campaign]);
  const { items, next, problem, again, more } = usePages(ask, leadsOf);
  const [refused, setRefused] = useState<api.Problem>();
  const back = async (lead: api.MergedLead) => {
    const r = await api.splitLead(lead.id);
    setRefused(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    const { calls, kept } = r.value;
    const stay = kept > 0 ? `, ${kept} stay because they stand in a claim` : "";
    split(`${lead.external_id} is a lead of its own; ${many(calls, "call")} went back${stay}.`);
  };
  if (items.length === 0 && !problem) return null;
  return (
    <section class="panel" aria-labelledby="merged">
      <header>
        <h2 id="merged">Merged</h2>
        <span class="second">a split gives back the calls that came with the lead</span>
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {refused && <Trouble problem={refused} />}
      <ul class="pad stack merged">
        {items.map((lead) => (
          <li key={lead.id} class="wrap">
            <span>
              <b>{lead.company}</b> {lead.external_id} is part of <b>{lead.into_company}</b>{" "}
              {lead.into_external_id}
              <br />
              <span class="muted small">
                since {moment(lead.merged_at)}, {many(lead.calls, "call")}
              </span>
            </span>
            {acts && (
              <button class="btn" onClick={() => void back(lead)}>
                Split
                <span class="vh"> {lead.external_id} off</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {next && (
        <p class="pad">
          <button class="btn" onClick={more}>
            Show 20 more
          </button>
        </p>
      )}
    </section>
  );
}
