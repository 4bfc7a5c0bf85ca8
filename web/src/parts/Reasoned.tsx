// An act that asks for a reason before it goes out, because others read it.
import { useId, useState } from "preact/hooks";
import type { Problem, Result } from "../api";
import { useFocus } from "./focus";
import { Trouble } from "./states";

const LEAST = 10;
const MOST = 500;

interface Props {
  /** What is asked. */
  question: string;
  /** What the button says that sends it. */
  act: string;
  no: string;
  send: (reason: string) => Promise<Result<unknown>>;
  done: () => void;
  back: () => void;
}

export function Reasoned({ question, act, no, send, done, back }: Props) {
  const id = useId();
  const [reason, set] = useState("");
  const [short, setShort] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const reasonRef = useFocus<HTMLTextAreaElement>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const missing = reason.trim().length < LEAST;
    setShort(missing);
    if (missing) return reasonRef.current?.focus();
    const r = await send(reason.trim());
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done();
  };
  return (
    <form class="stack" noValidate onSubmit={(e) => void submit(e)} aria-label={act}>
      <label class="field">
        <span>{question}</span>
        <textarea
          class="in"
          rows={3}
          ref={reasonRef}
          required
          maxLength={MOST}
          aria-invalid={short}
          aria-describedby={`${id}-least`}
          value={reason}
          onInput={(e) => set(e.currentTarget.value)}
        />
      </label>
      <p
        id={`${id}-least`}
        class={short ? "err" : "muted small"}
        role={short ? "alert" : undefined}
      >
        {LEAST} to {MOST} characters{short ? `; so far ${reason.trim().length}` : ""}
      </p>
      {problem && <Trouble problem={problem} />}
      <div class="wrap">
        <button type="button" class="btn" onClick={back}>
          {no}
        </button>
        <button class="btn primary">{act}</button>
      </div>
    </form>
  );
}
