// What a claim is made of: an answer per criterion, further calls, a few words.
import { useEffect, useRef } from "preact/hooks";
import type * as api from "../../api";
import { clock, moment, outcome } from "../../format";
import { Key } from "../../parts/marks";
import type { Drafting } from "./claimDraft";

interface Props {
  must: api.Criterion[];
  others: api.Call[];
  drafting: Omit<Drafting, "kept">;
}

export function ClaimFields({ must, others, drafting }: Props) {
  const { draft, change } = drafting;
  const answer = (c: string, a: string) => change({ answers: { ...draft.answers, [c]: a } });
  const clear = (c: string) =>
    change({
      answers: Object.fromEntries(Object.entries(draft.answers).filter(([id]) => id !== c)),
    });
  return (
    <>
      {must.map((c, i) => (
        <Answers
          key={c.id}
          criterion={c}
          first={i === 0}
          given={draft.answers[c.id]}
          give={(a) => answer(c.id, a)}
          clear={() => clear(c.id)}
        />
      ))}
      {others.length > 0 && <Further others={others} drafting={drafting} />}
      <label class="field">
        <span>What makes it a lead?</span>
        <textarea
          class="in"
          name="write_up"
          rows={3}
          required
          value={draft.write_up}
          onInput={(e) => change({ write_up: e.currentTarget.value })}
        />
      </label>
    </>
  );
}

interface AnswersProps {
  criterion: api.Criterion;
  first: boolean;
  given: string | undefined;
  give: (answer: string) => void;
  clear: () => void;
}

function Answers({ criterion: c, first, given, give, clear }: AnswersProps) {
  const firstRef = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (first) firstRef.current?.focus();
  }, [first]);
  const keyed = (e: KeyboardEvent) => (e.key === "Delete" || e.key === "Backspace") && clear();
  return (
    <fieldset class="own" onKeyDown={keyed}>
      <legend>
        {c.title} <span class="muted">{c.hint}</span>
      </legend>
      <div class="wrap">
        {c.answers.map((a, i) => (
          <label key={a.id} class="choice">
            <input
              type="radio"
              name={c.id}
              ref={i === 0 ? firstRef : undefined}
              checked={given === a.id}
              onChange={() => give(a.id)}
            />
            {a.label}
          </label>
        ))}
        {/* By Delete from the keyboard, so that a row is one stop of Tab. */}
        {given && (
          <button type="button" class="btn quiet" tabIndex={-1} onClick={clear}>
            Clear<span class="vh"> the answer to {c.title}</span> <Key>Del</Key>
          </button>
        )}
      </div>
    </fieldset>
  );
}

function Further({ others, drafting: { draft, change } }: Omit<Props, "must">) {
  const turn = (id: string, on: boolean) =>
    change({ calls: on ? [...draft.calls, id] : draft.calls.filter((c) => c !== id) });
  return (
    <fieldset class="own">
      <legend>
        Was some of it said in another call?{" "}
        <span class="muted">The reviewer hears every call that you name.</span>
      </legend>
      <div class="wrap">
        {others.map((c) => (
          <label key={c.id} class="choice">
            <input
              type="checkbox"
              checked={draft.calls.includes(c.id)}
              onChange={(e) => turn(c.id, e.currentTarget.checked)}
            />
            {moment(c.started_at)}, {outcome(c.outcome)}, {clock(c.duration_ms ?? 0)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
