// Why an item is let go: a digit chooses, Enter sends. The next is taken then. A note that was begun
// is here as it was left; the reason is chosen anew.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../api";
import { Key } from "../parts/marks";
import { lasting } from "../parts/mirror";
import { Trouble } from "../parts/states";
import type { Leaving } from "./session";
import "./Skip.css";

interface Reason {
  reason: Leaving["reason"];
  says: string;
  /** What the note must say, where one is needed. */
  note?: string;
}
const REASONS: Reason[] = [
  { reason: "interest", says: "I know somebody in it, or have an interest" },
  { reason: "language", says: "I do not understand the language" },
  { reason: "no_sound", says: "The sound cannot be understood" },
  { reason: "other", says: "Another reason", note: "The reason" },
];
const COMPANY: Reason = {
  reason: "company",
  says: "This is another company: back to the claimant",
  note: "Which company is it? The claimant reads this",
};
const SHORTEST_NOTE = 3;

interface Props {
  /** The item that is let go. */
  item: string;
  /** Whether it can go back to whoever brought it. */
  back: boolean;
  /** Returns what went wrong. */
  leave: (leaving: Leaving) => Promise<Problem | undefined>;
  close: () => void;
}

export function Skip({ item, back, leave, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [chosen, choose] = useState<Reason>();
  const browser = lasting<string>(`skip.${item}`);
  const [note, set] = useState(() => browser.get() ?? "");
  const write = (text: string) => {
    set(text);
    browser.put(text);
  };
  const [problem, setProblem] = useState<Problem>();
  const reasons = back ? [...REASONS, COMPANY] : REASONS;
  // Before the next key: a digit here is a reason.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const short = chosen?.note !== undefined && note.trim().length < SHORTEST_NOTE;
  const send = async (event: Event) => {
    event.preventDefault();
    if (!chosen) return setProblem(UNCHOSEN);
    if (short) return setProblem(UNWRITTEN);
    const { reason } = chosen;
    const refused = await leave(chosen.note ? { reason, note: note.trim() } : { reason });
    if (!refused) browser.drop();
    setProblem(refused);
  };
  const pressed = (e: KeyboardEvent) => {
    const at = /^(?:Digit|Numpad)([1-9])$/.exec(e.code)?.[1];
    const reason = reasons[Number(at) - 1];
    if ((e.target as HTMLElement).matches("textarea") || !reason) return;
    e.preventDefault();
    choose(reason);
    dialog.current?.querySelectorAll<HTMLElement>("input[type=radio]")[Number(at) - 1]?.focus();
  };
  return (
    <dialog
      ref={dialog}
      class="dialog skip-item"
      aria-labelledby="skip-title"
      onClose={close}
      onKeyDown={pressed}
    >
      <header>
        <h1 id="skip-title">Skip it: why?</h1>
      </header>
      <form class="stack" onSubmit={send}>
        <fieldset class="stack" aria-label="Reason">
          {reasons.map((r, i) => (
            <label key={r.reason} class="choice">
              <input
                type="radio"
                name="reason"
                checked={chosen === r}
                autoFocus={i === 0}
                onChange={() => choose(r)}
              />
              <Key>{i + 1}</Key> {r.says}
            </label>
          ))}
        </fieldset>
        <Note needed={chosen?.note} text={note} write={write} send={send} />
        <div class="says" role="status">
          {problem && <Trouble problem={problem} />}
        </div>
        <div class="wrap">
          <button class="btn primary">
            Skip and take the next <Key>Enter</Key>
          </button>
          <button type="button" class="btn" onClick={close}>
            Stay with it <Key>Esc</Key>
          </button>
        </div>
      </form>
    </dialog>
  );
}

const UNCHOSEN: Problem = { status: 0, title: "No reason yet", detail: "Press its digit." };
const UNWRITTEN: Problem = { status: 0, title: "No note yet", detail: "Write a few words." };

interface NoteProps {
  needed: string | undefined;
  text: string;
  write: (text: string) => void;
  send: (event: Event) => void;
}

/** Its place is kept while no note is needed, so that nothing moves. */
const Note = ({ needed, text, write, send }: NoteProps) => (
  <label class="field">
    <span>{needed ?? "A note, where the reason needs one"}</span>
    <textarea
      class="in"
      rows={2}
      maxLength={500}
      value={text}
      aria-required={needed !== undefined}
      onInput={(e) => write(e.currentTarget.value)}
      onKeyDown={(e) => {
        if (e.key === "Enter" && !e.shiftKey) send(e);
      }}
    />
  </label>
);
