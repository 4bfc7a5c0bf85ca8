// What a telemarketer writes when they ask about their money.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type * as api from "../../api";
import { Trouble } from "../../parts/states";

const MOST = 2000;

interface Props {
  /** Of the form, and of its button. */
  label: string;
  /** What the text is called. */
  question: string;
  /** Fields before the text. */
  children?: ComponentChildren;
  send: (text: string) => Promise<api.Result<unknown>>;
  sent: () => void;
  back?: () => void;
  /** The text has the focus once the form shows. */
  focused?: boolean;
}

export function AskForm({ label, question, children, send, sent, back, focused }: Props) {
  const [text, set] = useState("");
  const [problem, setProblem] = useState<api.Problem>();
  const textRef = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (focused) textRef.current?.focus();
  }, [focused]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!text.trim()) return;
    const r = await send(text.trim());
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    set("");
    sent();
  };
  return (
    <form class="stack ask-form" aria-label={label} onSubmit={(e) => void submit(e)}>
      {children}
      <label class="field">
        <span>{question}</span>
        <textarea
          class="in"
          ref={textRef}
          rows={3}
          required
          maxLength={MOST}
          value={text}
          onInput={(e) => set(e.currentTarget.value)}
        />
      </label>
      {problem && <Trouble problem={problem} />}
      <div class="wrap">
        {back && (
          <button type="button" class="btn" onClick={back}>
            Back
          </button>
        )}
        <button class="btn primary">{label}</button>
      </div>
    </form>
  );
}
