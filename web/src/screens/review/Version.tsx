// One version of a checklist: as a reviewer sees it, what moved since another, and the heads'
// names.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { State } from "../../parts/marks";
import { Trouble } from "../../parts/states";
import { moved } from "./compare";
import { Preview } from "./Preview";
import "./Version.css";

export const STATES = {
  draft: "Draft",
  half_signed: "Waits for one signature",
  in_force: "In force",
  replaced: "Replaced",
};

export type Whole = api.Version & { checklist: api.Checklist };

export function Version({
  version,
  of,
  again,
  tryOn,
}: {
  version: Whole;
  of: api.ChecklistList;
  again: () => void;
  /** Tries it on past verdicts, for whom that is. */
  tryOn: (() => void) | undefined;
}) {
  const others =
    of.checklists
      .find((c) => c.versions.some((v) => v.id === version.id))
      ?.versions.filter((v) => v.id !== version.id) ?? [];
  const [other, setOther] = useState<Whole>();
  const compare = (id: string) =>
    void api.checklist(id).then((r) => setOther(r.ok ? r.value : undefined));
  return (
    <>
      <header>
        <h2>
          {version.checklist.name} v{version.version}
        </h2>
        <span class="end">
          <State shape={version.state === "in_force" ? "pass" : "open"}>
            {STATES[version.state]}
          </State>
        </span>
      </header>
      <Preview list={version.checklist.criteria} />
      {others.length > 0 && (
        <div class="pad stack">
          <label class="field">
            <span>What moved since</span>
            <select class="in" onChange={(e) => compare(e.currentTarget.value)}>
              <option value="">choose a version</option>
              {others.map((v) => (
                <option key={v.id} value={v.id}>
                  v{v.version}
                </option>
              ))}
            </select>
          </label>
          {other && (
            <ul class="moved" aria-label={`Changes from v${other.version}`}>
              {moved(other.checklist, version.checklist).map((m) => (
                <li key={m}>{m}</li>
              ))}
              {moved(other.checklist, version.checklist).length === 0 && <li>Nothing.</li>}
            </ul>
          )}
        </div>
      )}
      {!version.in_force_from && tryOn && (
        <div class="pad stack">
          <button class="btn" onClick={tryOn}>
            Try on past verdicts
          </button>
          <p class="second small">
            Who would have failed, what became of them, what it would have cost. It changes no
            verdict.
          </p>
        </div>
      )}
      <Sign version={version} of={of} again={again} />
    </>
  );
}

function Sign({
  version,
  of,
  again,
}: {
  version: api.Version;
  of: api.ChecklistList;
  again: () => void;
}) {
  const [problem, setProblem] = useState<api.Problem>();
  if (version.in_force_from)
    return (
      <p class="pad second small">
        Signed by {version.signed_by_marketing} and {version.signed_by_sales}. It never changes;
        verdicts name it by its hash {version.sha256.slice(0, 12)}.
      </p>
    );
  const mine =
    of.head_of === "marketing"
      ? version.signed_by_marketing
      : of.head_of === "sales"
        ? version.signed_by_sales
        : undefined;
  if (of.head_of === null)
    return (
      <p class="pad second">
        It comes into force when the heads of marketing and sales have both signed it.
      </p>
    );
  if (mine)
    return (
      <p class="pad second">You have signed. It comes into force with the other head’s name.</p>
    );
  const sign = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const on = String(form.get("review_on"));
    const r = await api.signChecklist(version.id, {
      name: String(form.get("name")),
      sha256: version.sha256,
      review_on: on ? new Date(on).toISOString() : null,
    });
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) again();
  };
  return (
    <form class="pad stack" onSubmit={sign} aria-label="Sign this version">
      <h3>Sign for {of.head_of}</h3>
      <label class="field">
        <span>Your name, written out</span>
        <input class="in" name="name" placeholder={of.name} autoComplete="off" required />
      </label>
      <label class="field">
        <span>Look at it again on</span>
        <input class="in" name="review_on" type="date" />
      </label>
      {problem && <Trouble problem={problem} />}
      <button class="btn primary large">Sign v{version.version}</button>
    </form>
  );
}
