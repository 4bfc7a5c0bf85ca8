// A promise to a buyer: what, from when to when, and the seconds in which it was made.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";
import { PROMISES } from "./words";

interface Props {
  claim: string;
  /** Moments of the call in which it may have been made. */
  moments: { label: string; moment: api.Evidence }[];
  done: () => void;
  back: () => void;
}

export function PromiseForm({ claim, moments, done, back }: Props) {
  const [problem, setProblem] = useState<api.Problem>();
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? "");
    const [from, until] = [text("from"), text("until") || text("from")];
    const moment = moments[Number(text("moment"))]?.moment;
    const r = await api.promise(claim, {
      kind: text("kind") as api.PromiseKind,
      words: text("words").trim(),
      from: new Date(`${from}T00:00`).toISOString(),
      until: new Date(`${until}T23:59:59`).toISOString(),
      ...(text("moment") && moment ? { moment } : {}),
    });
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done();
  };
  return (
    <form class="pad stack" aria-label="A promise to the buyer" onSubmit={(e) => void send(e)}>
      <div class="pair">
        <label class="field">
          <span>What</span>
          <select class="in" name="kind">
            {PROMISES.map(([id, label]) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Said in</span>
          <select class="in" name="moment">
            <option value="">another moment</option>
            {moments.map((m, i) => (
              <option key={m.label} value={i}>
                {m.label}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>From</span>
          <input class="in" type="date" name="from" required />
        </label>
        <label class="field">
          <span>Until (the same day if empty)</span>
          <input class="in" type="date" name="until" />
        </label>
      </div>
      <label class="field">
        <span>In the words of the call</span>
        <input class="in" name="words" required maxLength={300} />
      </label>
      {problem && <Trouble problem={problem} />}
      <div class="wrap">
        <button type="button" class="btn" onClick={back}>
          Leave it
        </button>
        <button class="btn primary">Note the promise</button>
      </div>
    </form>
  );
}
