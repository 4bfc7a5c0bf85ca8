// A question with what was said, whoever reads it.
import type { ComponentChildren } from "preact";
import type * as api from "../../api";
import { day, moment } from "../../format";
import { State } from "../../parts/marks";
import { aboutWords } from "./questionWords";
import "./Questions.css";

interface Props {
  question: api.MoneyQuestion;
  zone: string;
  /** For a manager: who asked. */
  who?: boolean;
  children?: ComponentChildren;
}

export function Said({ question: q, zone, who, children }: Props) {
  return (
    <li class="question" aria-label={`Question ${q.number}`}>
      <div class="wrap">
        <Standing question={q} zone={zone} />
        <b>{aboutWords(q.about)}</b>
        <span class="second">
          Q-{q.number}, {q.company}
          {q.claim_number !== null && `, C-${q.claim_number}`}
          {q.happened_on && `, call of ${day(`${q.happened_on}T12:00:00Z`, "UTC")}`}
          {who && `; asked by ${q.person}`}
        </span>
      </div>
      <ol class="said">
        {q.parts.map((p, n) => (
          <li key={n} class={p.kind}>
            <span class="small second">
              {p.by}, {moment(p.at, zone)}
            </span>
            <p>{p.text}</p>
          </li>
        ))}
      </ol>
      {children}
    </li>
  );
}

function Standing({ question: q, zone }: { question: api.MoneyQuestion; zone: string }) {
  if (q.state === "answered") return <State shape="pass">Answered</State>;
  // The clock ends at the first moment after its last day.
  const last = new Date(Date.parse(q.due_at) - 1).toISOString();
  return q.state === "overdue" ? (
    <State shape="fail">Overdue since {day(last, zone)}</State>
  ) : (
    <State shape="open">Answer due by {day(last, zone)}</State>
  );
}
