// Questions that telemarketers ask about their money, for the managers who answer.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { More } from "../../parts/More";
import { useOlder } from "../../parts/older";
import { Empty, Loading, Trouble } from "../../parts/states";
import { AskForm } from "./AskForm";
import { Said } from "./Said";

const earlier = async (before: number) => {
  const r = await api.earlierQuestions(before);
  return r.ok ? { ...r, value: { items: r.value.questions, next: r.value.next } } : r;
};

export function Questions() {
  const { value, problem, again } = useLoaded(api.questions, "claims");
  const [said, say] = useState("");
  const answered = (number: number) => {
    say(`Answered: Q-${number}.`);
    again();
    focusLater(() => document.getElementById("questions"));
  };
  const open = value?.questions.filter((q) => q.state !== "answered") ?? [];
  const first = value?.questions.filter((q) => q.state === "answered") ?? [];
  const older = useOlder(value && { items: first, next: value.next }, earlier);
  const past = [...first, ...older.items];
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1 id="questions" tabIndex={-1}>
            Questions about money
          </h1>
          {value && (
            <span class="second">
              answered within {value.answer_within_days} working days; an answer moves no money
            </span>
          )}
          <span class="vh" role="status">
            {said}
          </span>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="questions" />}
        {value && open.length === 0 && (
          <Empty title="No question waits">
            <p>Telemarketers ask from their statement, about a line or a claim that is missing.</p>
          </Empty>
        )}
        {value && open.length > 0 && (
          <ul aria-label="Waiting for an answer">
            {open.map((q) => (
              <Said key={q.id} question={q} zone={value.zone} who>
                <AskForm
                  label={`Answer Q-${q.number}`}
                  question={`Your answer to ${q.person}`}
                  send={(text) => api.answerQuestion(q.id, text)}
                  sent={() => answered(q.number)}
                />
              </Said>
            ))}
          </ul>
        )}
      </section>
      {value && past.length > 0 && (
        <section class="panel" aria-labelledby="answered">
          <header>
            <h2 id="answered">Answered</h2>
          </header>
          <ul aria-labelledby="answered">
            {past.map((q) => (
              <Said key={q.id} question={q} zone={value.zone} who />
            ))}
          </ul>
          <More of={older} />
        </section>
      )}
    </main>
  );
}
