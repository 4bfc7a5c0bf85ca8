// Commission plans by campaign. Telemarketers read each version; managers propose and approve them.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Drafts } from "./Drafts";
import { EndOfCampaign, Over } from "./EndOf";
import { hasEnded } from "./planWords";
import { PlanVersion } from "./PlanVersion";
import { ProposePlan } from "./ProposePlan";
import "./Plans.css";

export function Plans({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.plans, "claims");
  const [said, say] = useState("");
  const manages = me.role === "manager";
  /** Says what was done, and gives the focus to where it shows. */
  const done = (what: string, at?: string) => {
    say(what);
    again();
    focusLater(() => document.getElementById(at ?? "plans"));
  };
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title">
        <h1 id="plans" tabIndex={-1}>
          Plans
        </h1>
        <span class="second">
          what a passed lead earns; a version is never changed, only followed by another
        </span>
        <span class="vh" role="status">
          {said}
        </span>
      </div>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="plans" />}
      {value && manages && value.campaigns.length > 0 && <ProposePlan plans={value} done={done} />}
      {value && manages && value.drafts.length > 0 && <Drafts plans={value} done={done} />}
      {value && <Campaigns plans={value} manages={manages} done={done} />}
    </main>
  );
}

interface Props {
  plans: api.Plans;
  manages: boolean;
  done: (said: string, at?: string) => void;
}

/** Those with versions by name, and open ones that have none. */
function campaigns({ versions, campaigns: open }: api.Plans) {
  const named = new Map(versions.map((v) => [v.campaign_id, v.campaign]));
  for (const c of open) named.set(c.id, c.name);
  return [...named].sort(([, a], [, b]) => a.localeCompare(b));
}

function Campaigns({ plans, manages, done }: Props) {
  const all = campaigns(plans);
  if (all.length === 0)
    return (
      <section class="panel">
        <Empty title="No campaign yet">
          <p>The box’s administrator enters campaigns. Their plans show here.</p>
        </Empty>
      </section>
    );
  return (
    <>
      {all.map(([id, name]) => {
        const versions = plans.versions.filter((v) => v.campaign_id === id);
        const campaign = plans.campaigns.find((c) => c.id === id);
        return (
          <section key={id} class="panel" aria-labelledby={`campaign-${id}`}>
            <header>
              <h2 id={`campaign-${id}`} tabIndex={-1}>
                {name}
              </h2>
              <Over campaign={campaign} />
              {clientOf(plans, id) && <span class="second">{clientOf(plans, id)}</span>}
            </header>
            {versions.length === 0 && (
              <Empty title="No plan is approved">
                <p>A claim that passes waits, and earns nothing, until there is one.</p>
              </Empty>
            )}
            {versions.map((v, n) => (
              <PlanVersion
                key={v.id}
                version={v}
                before={versions[n + 1]}
                inForce={v === inForce(versions, plans.now)}
                now={plans.now}
                manages={manages}
                done={done}
              />
            ))}
            {manages && campaign && (
              <div class="pad">
                <EndOfCampaign campaign={campaign} done={done} />
              </div>
            )}
          </section>
        );
      })}
    </>
  );
}

const clientOf = (plans: api.Plans, id: string) => plans.campaigns.find((c) => c.id === id)?.client;

/** The newest that has begun, unless it has ended; versions come newest first. */
function inForce(versions: api.PlanVersion[], now: string): api.PlanVersion | undefined {
  const begun = versions.filter((v) => Date.parse(v.from) <= Date.parse(now));
  const latest = Math.max(...begun.map((v) => Date.parse(v.from)));
  const found = begun.find((v) => Date.parse(v.from) === latest);
  return found && hasEnded(found, now) ? undefined : found;
}
