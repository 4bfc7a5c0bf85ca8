// One row of a checklist that is being built: its words, its answers, its rules.
import type * as api from "../../api";
import { shifted } from "./shifted";

interface RowProps {
  c: api.Criterion;
  number: number;
  last: boolean;
  change: (part: Partial<api.Criterion>) => void;
  move: (step: number) => void;
  remove: () => void;
}

export function Row({ c, number, last, change, move, remove }: RowProps) {
  const text = (
    name: "title" | "hint" | "definition" | "counts" | "does_not_count",
    label: string,
  ) => (
    <label class="field">
      <span>{label}</span>
      <input
        class="in"
        value={c[name]}
        onInput={(e) => change({ [name]: e.currentTarget.value })}
      />
    </label>
  );
  return (
    <section class="panel" aria-label={`Row ${number} ${c.title}`}>
      <header>
        <h2>
          {number}. {c.title || "A new row"}
        </h2>
        <span class="end wrap">
          <button
            class="btn"
            disabled={number === 1}
            onClick={() => move(-1)}
            aria-label={`Move row ${number} up`}
          >
            Up
          </button>
          <button
            class="btn"
            disabled={last}
            onClick={() => move(1)}
            aria-label={`Move row ${number} down`}
          >
            Down
          </button>
          <button class="btn" onClick={remove} aria-label={`Remove row ${number}`}>
            Remove
          </button>
        </span>
      </header>
      <div class="pad stack">
        <div class="pair">
          {text("title", "Title")}
          {text("hint", "A few words beside it")}
        </div>
        {text("definition", "What it means")}
        <div class="pair">
          {text("counts", "What counts")}
          {text("does_not_count", "What does not count")}
        </div>
        <Answers c={c} number={number} change={change} />
        <Rules c={c} change={change} />
      </div>
    </section>
  );
}

type Part = Pick<RowProps, "c" | "change">;

function Answers({ c, number, change }: Part & { number: number }) {
  const answer = (at: number, part: Partial<api.Criterion["answers"][number]>) =>
    change({ answers: c.answers.map((a, i) => (i === at ? { ...a, ...part } : a)) });
  return (
    <fieldset class="own wide">
      <legend>
        Answers <span class="muted">two to five, each given by a letter</span>
      </legend>
      <div class="stack">
        {c.answers.map((a, i) => (
          <div key={a.id} class="inline">
            <input
              class="in"
              aria-label={`Answer ${String.fromCharCode(65 + i)} of row ${number}`}
              value={a.label}
              onInput={(e) => answer(i, { label: e.currentTarget.value })}
            />
            <label class="choice">
              <input
                type="checkbox"
                checked={a.passes}
                onChange={(e) => answer(i, { passes: e.currentTarget.checked })}
              />
              passes
            </label>
            <label class="choice" title="No moment can show it, so it decides no claim by itself">
              <input
                type="checkbox"
                checked={a.absent}
                disabled={a.passes}
                onChange={(e) => answer(i, { absent: e.currentTarget.checked })}
              />
              was not said
            </label>
            <button
              class="btn"
              disabled={i === 0}
              onClick={() => change({ answers: shifted(c.answers, i, -1) })}
              aria-label={`Move answer ${a.label} up`}
            >
              Up
            </button>
            <button
              class="btn"
              disabled={c.answers.length <= 2}
              onClick={() => change({ answers: c.answers.filter((_, n) => n !== i) })}
              aria-label={`Remove answer ${a.label}`}
            >
              Remove
            </button>
          </div>
        ))}
        {c.answers.length < 5 && (
          <button
            class="btn"
            onClick={() =>
              change({
                answers: [
                  ...c.answers,
                  {
                    id: `answer_${Math.random().toString(36).slice(2, 8)}`,
                    label: "",
                    passes: false,
                    absent: false,
                  },
                ],
              })
            }
          >
            Add an answer
          </button>
        )}
      </div>
    </fieldset>
  );
}

function Rules({ c, change }: Part) {
  const rule = (name: "must_pass" | "may_not_apply" | "moment_always", label: string) => (
    <label class="choice">
      <input
        type="checkbox"
        checked={c[name]}
        onChange={(e) => change({ [name]: e.currentTarget.checked })}
      />
      {label}
    </label>
  );
  return (
    <fieldset class="own">
      <legend>Rules</legend>
      <div class="wrap">
        {rule("must_pass", "Must pass")}
        {rule("may_not_apply", "N/A allowed")}
        {rule("moment_always", "A moment whatever the answer")}
        <label class="choice">
          Pain in words, at least{" "}
          <input
            class="in tiny"
            type="number"
            min={0}
            max={50}
            value={c.words_needed}
            onInput={(e) => change({ words_needed: Math.max(0, Number(e.currentTarget.value)) })}
          />
        </label>
      </div>
    </fieldset>
  );
}
