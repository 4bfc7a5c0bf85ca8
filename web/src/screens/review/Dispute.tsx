// Disputing a row: where it is said, and why. Once per verdict, within the time that the house gives.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { day, moment } from "../../format";
import { ClipPicker } from "../../parts/ClipPicker";
import { State } from "../../parts/marks";
import { Trouble } from "../../parts/states";

export function Dispute({ claim, changed }: { claim: api.Claim; changed: () => void }) {
  const [open, setOpen] = useState(false);
  const [now] = useState(() => Date.now());
  const failed = claim.verdict?.rows.filter((r) => r.must_pass && r.passes === false) ?? [];
  if (claim.dispute) return <Made claim={claim} />;
  if (failed.length === 0 || !claim.dispute_until) return null;
  if (Date.parse(claim.dispute_until) < now)
    return (
      <p class="pad second">This verdict could be disputed until {day(claim.dispute_until)}.</p>
    );
  return (
    <div class="pad stack">
      {open ? (
        <Form claim={claim} failed={failed} changed={changed} />
      ) : (
        <button class="btn" onClick={() => setOpen(true)}>
          Dispute this verdict
        </button>
      )}
      {!open && (
        <p class="second small">
          Until {day(claim.dispute_until)}. Somebody else judges the call afresh, without knowing
          that it is disputed.
        </p>
      )}
    </div>
  );
}

function Form({
  claim,
  failed,
  changed,
}: {
  claim: api.Claim;
  failed: api.Row[];
  changed: () => void;
}) {
  const calls = claim.calls.filter((c) => c.duration_ms !== null);
  const [criterion, setCriterion] = useState(failed[0]?.criterion ?? "");
  const [call, setCall] = useState(calls[0]?.id ?? "");
  const length = calls.find((c) => c.id === call)?.duration_ms ?? 0;
  const [clip, setClip] = useState({ from_ms: 0, to_ms: Math.min(length, 20_000) });
  const [problem, setProblem] = useState<api.Problem>();
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget as HTMLFormElement).get("reason"));
    const r = await api.dispute(claim.id, { criterion, clip: { call, ...clip }, reason });
    if (r.ok) changed();
    else setProblem(r.problem);
  };
  return (
    <form class="stack" onSubmit={send} aria-label="Dispute this verdict">
      <fieldset class="own">
        <legend>Which row was judged wrongly?</legend>
        <div class="wrap">
          {failed.map((r) => (
            <label key={r.criterion} class="choice">
              <input
                type="radio"
                name="criterion"
                checked={criterion === r.criterion}
                onChange={() => setCriterion(r.criterion)}
              />
              {r.title}: {r.answer?.toLowerCase()}
            </label>
          ))}
        </div>
      </fieldset>
      {calls.length > 1 && (
        <label class="field">
          <span>In which call is it said?</span>
          <select class="in" value={call} onChange={(e) => setCall(e.currentTarget.value)}>
            {calls.map((c) => (
              <option key={c.id} value={c.id}>
                {moment(c.started_at)}
              </option>
            ))}
          </select>
        </label>
      )}
      <ClipPicker key={call} call={call} length={length} picked={clip} pick={setClip} />
      <label class="field">
        <span>Why should it have passed?</span>
        <textarea class="in" name="reason" rows={3} minLength={10} required />
      </label>
      {problem && <Trouble problem={problem} />}
      <button class="btn primary large">Send the dispute</button>
    </form>
  );
}

function Made({ claim }: { claim: api.Claim }) {
  const d = claim.dispute;
  if (!d) return null;
  const title = claim.verdict?.rows.find((r) => r.criterion === d.criterion)?.title ?? d.criterion;
  const answer = d.rows?.find((r) => r.criterion === d.criterion);
  return (
    <div class="pad stack">
      <h3>Your dispute of {title}</h3>
      <p>“{d.reason}”</p>
      {d.state === "open" && (
        <>
          <State shape="dispute">Being judged afresh</State>
          <p class="second">You hear by {moment(d.due_at)}.</p>
        </>
      )}
      {d.state === "changed" && (
        <State shape="pass">You were right: {answer?.answer?.toLowerCase() ?? "it passes"}</State>
      )}
      {d.state === "stands" && (
        <>
          <State shape="fail">
            A second reviewer came to the same: {answer?.answer?.toLowerCase() ?? "it fails"}
          </State>
          {d.note && <p>{d.note}</p>}
        </>
      )}
      {d.state === "ineligible" && (
        <>
          <State shape="fail">Not taken up</State>
          <p>
            {d.ruling === "duplicate"
              ? "The lead is a duplicate."
              : "The claim is not yours to make."}{" "}
            Your manager ruled on that alone.
          </p>
        </>
      )}
    </div>
  );
}
