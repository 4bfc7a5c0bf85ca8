// Ends of a campaign and of a plan, asked once more before they are set.
import { useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import * as api from "../../api";
import { moment } from "../../format";
import { Ask } from "../../parts/Ask";
import { focusLater } from "../../parts/focus";
import { Trouble } from "../../parts/states";

interface EndProps {
  /** What the button says. */
  label: string;
  yes: string;
  children: ComponentChildren;
  act: () => Promise<api.Result<void>>;
  done: () => void;
}

function End({ label, yes, children, act, done }: EndProps) {
  const [asking, ask] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const askRef = useRef<HTMLButtonElement>(null);
  const back = () => {
    ask(false);
    focusLater(() => askRef.current);
  };
  const end = async () => {
    const r = await act();
    setProblem(r.ok ? undefined : r.problem);
    ask(false);
    if (r.ok) done();
    else focusLater(() => askRef.current);
  };
  return (
    <div class="acts">
      {problem && <Trouble problem={problem} />}
      {asking ? (
        <Ask no="Not now" yes={yes} back={back} act={() => void end()}>
          {children}
        </Ask>
      ) : (
        <button class="btn" ref={askRef} onClick={() => ask(true)}>
          {label}
        </button>
      )}
    </div>
  );
}

interface CampaignProps {
  campaign: api.PlanCampaign;
  done: (said: string, at?: string) => void;
}

/** A manager ends a campaign, or takes that back. */
export function EndOfCampaign({ campaign: c, done }: CampaignProps) {
  const at = `campaign-${c.id}`;
  if (c.closed_at)
    return (
      <End
        label={`Let ${c.name} go on`}
        yes={`Let ${c.name} go on`}
        act={() => api.reopenCampaign(c.id)}
        done={() => done(`${c.name} goes on.`, at)}
      >
        <b>Take the end of {c.name} back?</b> Calls from now on are claimed again, as if it had
        never ended.
      </End>
    );
  return (
    <End
      label={`End ${c.name}`}
      yes={`End ${c.name} now`}
      act={() => api.closeCampaign(c.id)}
      done={() => done(`${c.name} is over.`, at)}
    >
      <b>End {c.name} now?</b> Calls that began before are still claimed, judged and paid by their
      plan. Later calls are not, no list is taken in, and numbers are no longer matched to its
      leads. You can take the end back.
    </End>
  );
}

/** That a campaign is over. */
export const Over = ({ campaign: c }: { campaign: api.PlanCampaign | undefined }) =>
  c?.closed_at ? <span class="tag">over since {moment(c.closed_at)}</span> : null;

interface PlanProps {
  version: api.PlanVersion;
  done: (said: string, at?: string) => void;
}

/** A manager ends the plan in force, with nothing to follow it. */
export function EndOfPlan({ version: v, done }: PlanProps) {
  return (
    <End
      label={`End v${v.version}`}
      yes={`End v${v.version} now`}
      act={() => api.endPlan(v.id)}
      done={() => done(`v${v.version} of ${v.campaign} has ended.`, `plan-${v.id}`)}
    >
      <b>
        End v{v.version} of {v.campaign} now?
      </b>{" "}
      Claims made before keep it. Later ones wait, and earn nothing, until another version is
      approved. This is not taken back: propose another version instead.
    </End>
  );
}
