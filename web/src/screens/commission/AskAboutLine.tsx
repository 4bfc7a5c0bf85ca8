// A question about one line, where the line is open.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { AskForm } from "./AskForm";
import { ABOUT } from "./questionWords";

export function AskAboutLine({ line }: { line: api.Entry }) {
  const [open, setOpen] = useState(false);
  const [asked, setAsked] = useState(false);
  const [about, setAbout] = useState<api.QuestionAbout>("wrong_amount");
  if (asked)
    return (
      <p class="screen-only" role="status">
        Asked. It stands under “Your questions”, with the day by which it is answered.
      </p>
    );
  if (!open)
    return (
      <p class="screen-only">
        <button class="btn" onClick={() => setOpen(true)}>
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
        sent={() => setAsked(true)}
        back={() => setOpen(false)}
      >
        <label class="field">
          <span>What is wrong</span>
          <select
            class="in"
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
