// Building a checklist: rows, answers, rules, order; beside it what the reviewer will see.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";
import { Row } from "./BuilderRow";
import { Preview } from "./Preview";
import { shifted } from "./shifted";

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
    { id: "yes", label: "Yes", passes: true, absent: false },
    { id: "no", label: "No", passes: false, absent: false },
  ],
});

export function Builder({
  list,
  version,
  client,
  named,
  done,
}: {
  list: api.Checklist;
  version: string | undefined;
  /** Whose it is. */
  client: string;
  /** Its name is settled by its versions. */
  named: boolean;
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
    const r = await (version ? api.changeChecklist(version, work) : api.addChecklist(client, work));
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
                readOnly={named}
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
