// Who made the call, how to reach them, and what was asked and answered.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { Trouble } from "../../parts/states";
import { fieldWord, seen } from "./words";

interface Props {
  card: api.HandoverCard;
  mine: boolean;
  done: () => void;
}

export function Behind({ card, mine, done }: Props) {
  const by = card.brought_by;
  const first = by.name.split(" ")[0];
  const [asking, ask] = useState(false);
  return (
    <section class="panel pad stack" aria-label="Who made the call">
      <h2>{by.name} brought this lead</h2>
      <p class="second">
        {by.line ? `Extension ${by.line}. ` : "No extension is known. "}
        {first} knows the buyer’s tone and what was left out.
      </p>
      <div class="wrap">
        {by.line && (
          <a class="btn" href={`tel:${by.line}`}>
            Call {first}
          </a>
        )}
        {mine && !asking && (
          <button class="btn" onClick={() => ask(true)}>
            Write to {first}
          </button>
        )}
      </div>
      {asking && (
        <Question
          claim={card.claim}
          name={first ?? by.name}
          done={() => {
            ask(false);
            done();
          }}
        />
      )}
      <p class="small second">
        {by.call ? (
          <b>Hand-over call: {seen(by.call)}</b>
        ) : (
          "Hand-over call: not seen yet. It ticks itself off when the wire sees it."
        )}
      </p>
      {card.questions.length > 0 && (
        <ol class="questions">
          {card.questions.map((q) => (
            <li key={q.id}>
              <b>{q.field ? fieldWord(q.field) : (q.by ?? "The CRM")}</b>, {moment(q.asked_at)}:{" "}
              {q.text}
              <br />
              {q.answer ? (
                <>
                  <b>{first}</b>: {q.answer}
                </>
              ) : (
                <span class="mark">waits for {first}</span>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Question({ claim, name, done }: { claim: string; name: string; done: () => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const r = await api.askAboutHandover(claim, { text: String(form.get("text")).trim() });
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done();
  };
  return (
    <form class="stack" onSubmit={(e) => void send(e)}>
      <label class="field">
        <span>Your question to {name}</span>
        <textarea class="in" name="text" rows={3} required minLength={10} maxLength={2000} />
      </label>
      {problem && <Trouble problem={problem} />}
      <button class="btn primary">Ask {name}</button>
    </form>
  );
}
