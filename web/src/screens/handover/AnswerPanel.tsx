// Sales' answer: nothing is chosen before somebody chooses it, it counts once it is confirmed, and a
// further one says which it replaces. It moves nobody's pay.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { day, moment } from "../../format";
import { Ask } from "../../parts/Ask";
import { focusLater } from "../../parts/focus";
import { Trouble } from "../../parts/states";
import { AnswerFields, complete, type Draft } from "./AnswerFields";
import { Rating } from "./Rating";
import { ANSWERS, answerWord, told } from "./words";

/** Where the answer is in the page. */
export const ANSWER = "answer";

interface Props {
  card: api.HandoverCard;
  mine: boolean;
  done: () => void;
}

export function AnswerPanel({ card, mine, done }: Props) {
  const stands = card.answers.find((a) => a.id === card.answer);
  return (
    <section class="panel apart" id={ANSWER} tabIndex={-1} aria-label="Your answer">
      <header>
        <h2>{mine ? "Your answer" : "Sales’ answer"}</h2>
        <span class="second">moves nobody’s pay</span>
      </header>
      {stands && (
        <p class="pad" role="status">
          <b>{told(stands)}</b>, {stands.by}, {moment(stands.at)}
          {stands.note && <span class="second">: {stands.note}</span>}
        </p>
      )}
      {!stands && !mine && <p class="pad second">Sales has not answered yet.</p>}
      {mine && <Form key={card.answer} card={card} stands={stands} done={done} />}
      {mine && <Rating card={card} done={done} />}
      {card.answers.length > 1 && (
        <details class="pad">
          <summary>Answers before this one: {card.answers.length - 1}</summary>
          <ol>
            {card.answers
              .filter((a) => a.replaced)
              .map((a) => (
                <li key={a.id}>
                  {told(a)}, {a.by}, {moment(a.at)}
                </li>
              ))}
          </ol>
        </details>
      )}
    </section>
  );
}

interface FormProps {
  card: api.HandoverCard;
  stands: api.AnswerGiven | undefined;
  done: () => void;
}

function Form({ card, stands, done }: FormProps) {
  const [draft, set] = useState<Draft>({ note: "" });
  const [armed, arm] = useState(false);
  const [missing, setMissing] = useState<string>();
  const [problem, setProblem] = useState<api.Problem>();
  const saveRef = useRef<HTMLButtonElement>(null);
  const change = (more: Partial<Draft>) => {
    set((old) => ({ ...old, ...more }));
    setMissing(undefined);
    setProblem(undefined);
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const lacks = complete(draft);
    setMissing(lacks);
    if (!lacks) arm(true);
  };
  const send = async () => {
    const { answer, until, reason, criterion, note } = draft;
    if (!answer) return;
    const r = await api.salesAnswer(card.claim, {
      answer,
      note: note.trim(),
      ...(until ? { until: new Date(`${until}T12:00`).toISOString() } : {}),
      ...(answer === "reject" && reason ? { reason } : {}),
      ...(reason === "criterion" && criterion ? { criterion } : {}),
      ...(card.answer ? { replaces: card.answer } : {}),
    });
    arm(false);
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done();
    else focusLater(() => saveRef.current);
  };
  return (
    <form class="opts" noValidate onSubmit={submit} aria-label="Your answer">
      <fieldset>
        <legend class="vh">Your answer</legend>
        {ANSWERS.map(([id, label, hint]) => (
          <div class="opt" key={id}>
            <label class="pick">
              <input
                type="radio"
                name="answer"
                checked={draft.answer === id}
                onChange={() => change({ answer: id })}
              />
              <b>{label}</b> <span>{hint}</span>
            </label>
            {draft.answer === id && <AnswerFields card={card} draft={draft} change={change} />}
          </div>
        ))}
      </fieldset>
      {missing && (
        <p class="err" role="alert">
          {missing}
        </p>
      )}
      {problem && <Trouble problem={problem} />}
      {armed && draft.answer ? (
        <Ask
          no="Look again"
          yes={`Save: ${label(draft)}`}
          back={() => {
            arm(false);
            focusLater(() => saveRef.current);
          }}
          act={() => void send()}
        >
          {stands
            ? `This replaces the answer of ${stands.by}, ${moment(stands.at)}: ${told(stands)}. Both are kept.`
            : "Your answer is kept; another one can replace it."}
        </Ask>
      ) : (
        <button class="btn primary large" ref={saveRef} aria-disabled={!draft.answer}>
          {draft.answer ? `Save: ${label(draft)}` : "Choose an answer first"}
        </button>
      )}
      <p class="second small">Your answer moves nobody’s pay. It goes back to the source.</p>
    </form>
  );
}

function label({ answer, until }: Draft): string {
  const word = answerWord(answer ?? "").toLowerCase();
  return until && (answer === "later" || answer === "nurture")
    ? `${word}, ${day(`${until}T12:00`)}`
    : word;
}
