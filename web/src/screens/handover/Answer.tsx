// What sales answers to a lead that passed.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";

const ANSWERS: [string, string][] = [
  ["now", "I take it now"],
  ["later", "Later"],
  ["needs_information", "I need to know more"],
  ["nurture", "Nurture it"],
  ["reject", "I reject it"],
];

/** What sales says of a lead that passed. It moves no money. */
export function Answer({
  claim,
  criteria,
  done,
}: {
  claim: string;
  criteria: { id: string; title: string }[];
  done: () => void;
}) {
  const [answer, setAnswer] = useState("now");
  const [problem, setProblem] = useState<api.Problem>();
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    // Only a rejection has the field.
    const criterion = String(form.get("criterion") ?? "");
    const r = await api.salesAnswer(claim, {
      answer,
      note: String(form.get("note")),
      ...(criterion ? { criterion } : {}),
    });
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done();
  };
  return (
    <form class="pad stack" onSubmit={send} aria-label="Your answer">
      <h3>Your answer</h3>
      <div class="wrap">
        {ANSWERS.map(([id, label]) => (
          <label key={id} class="choice">
            <input
              type="radio"
              name="answer"
              checked={answer === id}
              onChange={() => setAnswer(id)}
            />
            {label}
          </label>
        ))}
      </div>
      {answer === "reject" && (
        <label class="field">
          <span>Because this is not met</span>
          <select class="in" name="criterion">
            <option value="">none: it is a preference</option>
            {criteria.map((c) => (
              <option key={c.id} value={c.id}>
                {c.title}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        <span>In your words</span>
        <input class="in" name="note" />
      </label>
      {problem && <Trouble problem={problem} />}
      <button class="btn primary">Send</button>
      <p class="second small">
        It goes back to the source. It never moves the commission; a rejection that cites a row is
        heard by a second reviewer.
      </p>
    </form>
  );
}
