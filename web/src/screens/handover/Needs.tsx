// Which blanks hold a campaign's hand-overs back: agreed beforehand, like the rest.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { useLoaded } from "../../parts/load";
import { Trouble } from "../../parts/states";
import { FIELDS, fieldWord } from "./words";

export function Needs() {
  const { value, problem, again } = useLoaded(api.campaignNeeds);
  return (
    <section class="panel" aria-label="Blanks that hold a lead back">
      <header>
        <h2>Blanks that hold a lead back</h2>
        <span class="second">a lead that passed waits until these are filled in</span>
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {value?.campaigns.map((c) => (
        <One key={c.id} campaign={c} changes={value.changes} done={again} />
      ))}
    </section>
  );
}

interface Props {
  campaign: api.CampaignNeeds;
  changes: boolean;
  done: () => void;
}

function One({ campaign, changes, done }: Props) {
  const [problem, setProblem] = useState<api.Problem>();
  const toggle = (field: api.WriteUpFieldName, on: boolean) => {
    const needs = on ? [...campaign.needs, field] : campaign.needs.filter((f) => f !== field);
    void api.setCampaignNeeds(campaign.id, needs).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) done();
    });
  };
  return (
    <fieldset class="pad">
      <legend>
        {campaign.client}: {campaign.name}
      </legend>
      {changes ? (
        <div class="wrap">
          {FIELDS.map(([id, label]) => (
            <label key={id} class="choice">
              <input
                type="checkbox"
                checked={campaign.needs.includes(id)}
                onChange={(e) => toggle(id, e.currentTarget.checked)}
              />
              {label}
            </label>
          ))}
        </div>
      ) : (
        <p>{campaign.needs.map(fieldWord).join(", ") || "none"}</p>
      )}
      {problem && <Trouble problem={problem} />}
    </fieldset>
  );
}
