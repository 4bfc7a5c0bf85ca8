// A telemarketer's own questions: how each stands, asking on, and a claim that is missing.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { focusLater, useFocus } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { More } from "../../parts/More";
import { useOlder } from "../../parts/older";
import { Trouble } from "../../parts/states";
import { dateThere } from "../../zone";
import { AskForm } from "./AskForm";
import { Said } from "./Said";

const earlier = async (before: number) => {
  const r = await api.earlierQuestions(before);
  return r.ok ? { ...r, value: { items: r.value.questions, next: r.value.next } } : r;
};

export function OwnQuestions() {
  const { value, problem, again } = useLoaded(api.questions, "claims");
  const older = useOlder(value && { items: value.questions, next: value.next }, earlier);
  const [missing, setMissing] = useState(false);
  const headRef = useRef<HTMLHeadingElement>(null);
  const missingRef = useRef<HTMLButtonElement>(null);
  const back = () => {
    setMissing(false);
    focusLater(() => missingRef.current);
  };
  /** What was asked shows under the heading. */
  const sent = () => {
    setMissing(false);
    again();
    focusLater(() => headRef.current);
  };
  return (
    <section class="panel screen-only" aria-labelledby="own-questions">
      <header>
        <h2 id="own-questions" tabIndex={-1} ref={headRef}>
          Your questions
        </h2>
        {value && (
          <span class="second">
            a manager answers within {value.answer_within_days} working days; what you say moves
            nothing and agrees to nothing
          </span>
        )}
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {value && value.questions.length > 0 && (
        <ul>
          {[...value.questions, ...older.items].map((q) => (
            <Said key={q.id} question={q} zone={value.zone}>
              <AskOn question={q} again={again} />
            </Said>
          ))}
        </ul>
      )}
      <More of={older} />
      {value && missing ? (
        <Missing questions={value} back={back} sent={sent} />
      ) : (
        <p class="pad wrap">
          {value?.questions.length === 0 && (
            <span class="second">None. Ask about a line where it is open.</span>
          )}
          <button class="btn" ref={missingRef} onClick={() => setMissing(true)}>
            A claim is missing
          </button>
        </p>
      )}
    </section>
  );
}

function AskOn({ question: q, again }: { question: api.MoneyQuestion; again: () => void }) {
  const [open, setOpen] = useState(false);
  const openRef = useRef<HTMLButtonElement>(null);
  const shut = () => {
    setOpen(false);
    focusLater(() => openRef.current);
  };
  if (!open)
    return (
      <p>
        <button class="link" ref={openRef} onClick={() => setOpen(true)}>
          Ask on<span class="vh"> in Q-{q.number}</span>
        </button>
      </p>
    );
  return (
    <AskForm
      label={`Ask on in Q-${q.number}`}
      question="What is still open"
      send={(text) => api.followUp(q.id, text)}
      sent={() => {
        shut();
        again();
      }}
      back={shut}
      focused
    />
  );
}

interface MissingProps {
  questions: api.Questions;
  back: () => void;
  sent: () => void;
}

function Missing({ questions: { clients, zone, now }, back, sent }: MissingProps) {
  const firstRef = useFocus<HTMLInputElement>();
  const [client, setClient] = useState(clients[0]?.id ?? "");
  const [company, setCompany] = useState("");
  const [day, setDay] = useState("");
  return (
    <div class="pad">
      <AskForm
        label="Ask about the missing claim"
        question="What happened in the call"
        send={(text) => api.askQuestion({ about: "missing_claim", client, company, day, text })}
        sent={sent}
        back={back}
      >
        <label class="field">
          <span>Company</span>
          <input
            class="in"
            ref={firstRef}
            required
            maxLength={200}
            value={company}
            onInput={(e) => setCompany(e.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Day of the call</span>
          <input
            class="in"
            type="date"
            required
            max={dateThere(now, zone)}
            value={day}
            onInput={(e) => setDay(e.currentTarget.value)}
          />
        </label>
        {clients.length > 1 && (
          <label class="field">
            <span>Client</span>
            <select class="in" value={client} onChange={(e) => setClient(e.currentTarget.value)}>
              {clients.map((c) => (
                <option key={c.id} value={c.id}>
                  {c.name}
                </option>
              ))}
            </select>
          </label>
        )}
      </AskForm>
    </div>
  );
}
