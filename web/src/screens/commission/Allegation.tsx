// Fraud that a manager alleged: another one confirms it, and the money goes back; or it is alleged
// no longer, and nothing has moved.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { money, moment } from "../../format";
import { Ask } from "../../parts/Ask";
import { focusLater } from "../../parts/focus";
import { Trouble } from "../../parts/states";
import { RuledClaim } from "./RuledClaim";

interface Props {
  ruling: api.Ruling;
  done: (said: string) => void;
}

export function Allegation({ ruling: r, done }: Props) {
  const [asking, ask] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const askRef = useRef<HTMLButtonElement>(null);
  const claim = `C-${r.claim.number}`;
  const confirm = async () => {
    const answer = await api.confirmRuling(r.id);
    setProblem(answer.ok ? undefined : answer.problem);
    if (answer.ok) done(`Confirmed: ${claim} was made by fraud.`);
    else ask(false);
  };
  const dismiss = async () => {
    const answer = await api.dismissRuling(r.id);
    setProblem(answer.ok ? undefined : answer.problem);
    if (answer.ok) done(`Fraud is no longer alleged on ${claim}. No money has moved.`);
  };
  const keep = () => {
    ask(false);
    focusLater(() => askRef.current);
  };
  return (
    <article class="pair-of-claims" aria-label={`Fraud alleged on ${claim}`}>
      <RuledClaim title="Claim" claim={r.claim} />
      <div class="pad stack">
        <p>
          “{r.note}” <span class="muted small">{moment(r.ruled_at)}</span>
        </p>
        {problem && <Trouble problem={problem} />}
        {r.own && <p class="second">You said so: somebody else confirms it.</p>}
        {!asking && (
          <div class="acts">
            {!r.own && (
              <button class="btn" ref={askRef} onClick={() => ask(true)}>
                Confirm<span class="vh"> fraud on {claim}</span>
              </button>
            )}
            <button class="btn quiet" onClick={() => void dismiss()}>
              {r.own ? "Take back" : "Dismiss"}
              <span class="vh"> the allegation on {claim}</span>
            </button>
          </div>
        )}
        {!r.own && asking && (
          <Ask no="Not now" yes="Confirm fraud" back={keep} act={() => void confirm()}>
            <b>
              Was {claim} of {r.claim.claimant} made by fraud?
            </b>{" "}
            {r.claim.earned
              ? `${money(r.claim.earned)} is taken back.`
              : "It will never earn anything."}{" "}
            It cannot be undone, and the claimant reads the reason.
          </Ask>
        )}
      </div>
    </article>
  );
}
