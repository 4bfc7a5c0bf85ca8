// Building a checklist: rows, answers, rules, order; beside it what the reviewer will see.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";
import { Preview } from "./Preview";

const blank = (n: number): api.Criterion => ({
  id: `row_${n}_${Math.random().toString(36).slice(2, 6)}`,
  title: "",
  hint: "",
  definition: "",
  counts: "",
  does_not_count: "",
  must_pass: true,
  may_not_apply: false,
  words_needed: 0,
  moment_always: false,
  answers: [
    { id: "yes", label: "Yes", passes: true },
    { id: "no", label: "No", passes: false },
  ],
});

/** Moves one of a list by a step; at its ends nothing happens. */
export function shifted<T>(list: T[], at: number, step: number): T[] {
  const [to, item] = [at + step, list[at]];
  if (item === undefined || to < 0 || to >= list.length) return list;
  const rest = list.filter((_, i) => i !== at);
  return [...rest.slice(0, to), item, ...rest.slice(to)];
}

export function Builder({
  list,
  version,
  done,
}: {
  list: api.Checklist;
  version: string | undefined;
  done: () => void;
}) {
  const [work, set] = useState(list);
  const [problem, setProblem] = useState<api.Problem>();
  const [said, say] = useState("");
  const change = (at: number, part: Partial<api.Criterion>) =>
    set((old) => ({
      ...old,
      criteria: old.criteria.map((c, i) => (i === at ? { ...c, ...part } : c)),
    }));
  const move = (at: number, step: number) => {
    set((old) => ({ ...old, criteria: shifted(old.criteria, at, step) }));
    say(`Row ${at + 1} is row ${at + 1 + step} now.`);
  };
  const save = async () => {
    const r = await (version ? api.changeChecklist(version, work) : api.addChecklist(work));
    if (r.ok) done();
    else setProblem(r.problem);
  };
  return (
    <main id="main" class="page with-side builder" tabIndex={-1}>
      <div class="stack wide-items">
        <section class="panel">
          <header>
            <h1>{version ? "Change the draft" : "A new version"}</h1>
            <span class="second">it comes into force when both heads have signed it</span>
          </header>
          <div class="pad">
            <label class="field">
              <span>Name of the checklist</span>
              <input
                class="in"
                value={work.name}
                readOnly={list.name !== ""}
                onInput={(e) => set({ ...work, name: e.currentTarget.value })}
              />
            </label>
          </div>
        </section>
        {work.criteria.map((c, i) => (
          <Row
            key={c.id}
            c={c}
            number={i + 1}
            last={i === work.criteria.length - 1}
            change={(part) => change(i, part)}
            move={(step) => move(i, step)}
            remove={() => set({ ...work, criteria: work.criteria.filter((_, n) => n !== i) })}
          />
        ))}
        {work.criteria.length < 9 && (
          <button
            class="btn"
            onClick={() =>
              set({ ...work, criteria: [...work.criteria, blank(work.criteria.length + 1)] })
            }
          >
            Add a row
          </button>
        )}
        {problem && <Trouble problem={problem} />}
        <div class="wrap">
          <button class="btn primary large" onClick={() => void save()}>
            Save the draft
          </button>
          <button class="btn large" onClick={done}>
            Leave without saving
          </button>
        </div>
        <div class="vh" role="status">
          {said}
        </div>
      </div>
      <aside class="panel" aria-label="Preview">
        <header>
          <h2>As the reviewer sees it</h2>
        </header>
        <Preview list={work.criteria} />
      </aside>
    </main>
  );
}

interface RowProps {
  c: api.Criterion;
  number: number;
  last: boolean;
  change: (part: Partial<api.Criterion>) => void;
  move: (step: number) => void;
  remove: () => void;
}

function Row({ c, number, last, change, move, remove }: RowProps) {
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
  const answer = (at: number, part: Partial<api.Criterion["answers"][number]>) =>
    change({ answers: c.answers.map((a, i) => (i === at ? { ...a, ...part } : a)) });
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
        <fieldset class="own wide">
          <legend>
            Answers <span class="muted">two to five, each given by a letter</span>
          </legend>
          <div class="stack">
            {c.answers.map((a, i) => (
              <div key={a.id} class="line">
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
                onInput={(e) =>
                  change({ words_needed: Math.max(0, Number(e.currentTarget.value)) })
                }
              />
            </label>
          </div>
        </fieldset>
      </div>
    </section>
  );
}
