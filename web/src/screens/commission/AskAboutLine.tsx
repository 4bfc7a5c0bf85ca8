// A question about one line, where the line is open.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { focusLater } from "../../parts/focus";
import { AskForm } from "./AskForm";
import { ABOUT } from "./questionWords";

export function AskAboutLine({ line }: { line: api.Entry }) {
  const [open, setOpen] = useState(false);
  const [asked, setAsked] = useState(false);
  const [about, setAbout] = useState<api.QuestionAbout>("wrong_amount");
  const askRef = useRef<HTMLButtonElement>(null);
  const firstRef = useRef<HTMLSelectElement>(null);
  const saidRef = useRef<HTMLParagraphElement>(null);
  const begin = () => {
    setOpen(true);
    focusLater(() => firstRef.current);
  };
  const back = () => {
    setOpen(false);
    focusLater(() => askRef.current);
  };
  const sent = () => {
    setAsked(true);
    focusLater(() => saidRef.current);
  };
  if (asked)
    return (
      <p class="screen-only" role="status" tabIndex={-1} ref={saidRef}>
        Asked. It stands under “Your questions”, with the day by which it is answered.
      </p>
    );
  if (!open)
    return (
      <p class="screen-only">
        <button class="btn" ref={askRef} onClick={begin}>
          Ask about this line
        </button>
      </p>
    );
  return (
    <div class="screen-only pad">
      <AskForm
        label="Ask"
        question="What should it be, and why?"
        send={(text) => api.askQuestion({ about, entry: line.id, text })}
        sent={sent}
        back={back}
      >
        <label class="field">
          <span>What is wrong</span>
          <select
            class="in"
            ref={firstRef}
            value={about}
            onChange={(e) => setAbout(e.currentTarget.value as api.QuestionAbout)}
          >
            {ABOUT.filter(([id]) => id !== "missing_line").map(([id, words]) => (
              <option key={id} value={id}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </AskForm>
    </div>
  );
}
