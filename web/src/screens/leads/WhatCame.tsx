// What came of a lead, in one key; for ten seconds another takes it back.
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { DISPOSITIONS, moment } from "../../format";
import { useFocus } from "../../parts/focus";
import { useLatest } from "../../parts/latest";
import { Key } from "../../parts/marks";
import { Trouble } from "../../parts/states";
import { said as saidWord } from "./words";

type Kind = api.LeadWord["disposition"];
const KEYS: [string, string][] = [...DISPOSITIONS, ["nurture", "Not ready yet"]];
const TIMED = ["meeting_made", "call_back", "nurture"];
const TAKE_BACK_MS = 10_000;

/** What was said last: it outlives the row that it was said of, which may have left the list. */
export interface Said {
  id: string;
  words: string;
}

interface Props {
  lead: api.ListedLead;
  /** What can be taken back now. */
  undo: Said | undefined;
  /** Something was said, or taken back: the list is asked for again. */
  said: (last: Said | undefined) => void;
}

const HEADING = "what-came-of-it";

/** On a narrow page the list is long, and this stands above it. */
export function toWhatCame() {
  const heading = document.getElementById(HEADING);
  heading?.scrollIntoView({ block: "start" });
  heading?.focus({ preventScroll: true });
}

/** For ten seconds what was said last can be taken back. */
export function useUndo(): [Said | undefined, (said: Said | undefined) => void] {
  const [undo, set] = useState<Said>();
  useEffect(() => {
    if (!undo) return;
    const timer = setTimeout(() => set(undefined), TAKE_BACK_MS);
    return () => clearTimeout(timer);
  }, [undo]);
  return [undo, set];
}

export function WhatCame({ lead, undo, said }: Props) {
  const [timed, setTimed] = useState<Kind>();
  const [problem, setProblem] = useState<api.Problem>();
  const say = async (word: api.LeadWord) => {
    const r = await api.sayOfLead(lead.id, word);
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    setTimed(undefined);
    const words = `${lead.company}: ${saidWord(word.disposition).toLowerCase()}`;
    said({ id: r.value.id, words });
  };
  const takeBack = async () => {
    if (!undo) return;
    const r = await api.takeBackOfLead(undo.id);
    setProblem(r.ok ? undefined : r.problem);
    said(undefined);
  };
  const pick = (kind: string) => {
    const word = kind as Kind;
    if (TIMED.includes(kind)) setTimed(word);
    else void say({ disposition: word });
  };
  useDigits({ pick, takeBack: () => undo && void takeBack() });
  return (
    <section class="panel what-came" aria-label="What came of it">
      <h2 id={HEADING} tabIndex={-1}>
        {lead.company}: what came of it?
      </h2>
      <p class="second">{wire(lead)}</p>
      <div class="keys" role="group" aria-label="What came of it">
        {KEYS.map(([id, label], i) => (
          <button
            key={id}
            class="btn"
            aria-expanded={TIMED.includes(id) ? timed === id : undefined}
            onClick={() => pick(id)}
          >
            <Key>{i + 1}</Key> {label}
            {TIMED.includes(id) && <span class="muted small"> when?</span>}
          </button>
        ))}
      </div>
      {timed && <When key={timed} kind={timed} save={(w) => void say(w)} />}
      {problem && <Trouble problem={problem} />}
      <p class="small muted" role="status">
        {undo ? (
          <>
            Said of {undo.words}.{" "}
            <button class="btn" onClick={() => void takeBack()}>
              Take it back <Key>Z</Key>
            </button>
          </>
        ) : (
          "One press is enough; nothing is chosen for you."
        )}
      </p>
    </section>
  );
}

/** What the wire saw, which chooses nothing. */
function wire(lead: api.ListedLead): string {
  if (!lead.last_attempt_at) return "The wire has seen no call to it yet.";
  const contact = lead.last_contact_at
    ? `talked to last ${moment(lead.last_contact_at)}`
    : "never talked to";
  const times = lead.attempts === 1 ? "1 attempt" : `${lead.attempts} attempts`;
  return `The wire saw ${times}, the last ${moment(lead.last_attempt_at)}; ${contact}.`;
}

interface Digits {
  pick: (kind: string) => void;
  takeBack: () => void;
}

function useDigits(keys: Digits) {
  const latestRef = useLatest(keys);
  useLayoutEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      const typing = (e.target as HTMLElement).matches("input, textarea, select");
      if (typing || e.ctrlKey || e.metaKey || e.altKey || e.repeat) return;
      const chosen = KEYS[Number(e.key) - 1];
      if (chosen) latestRef.current.pick(chosen[0]);
      else if (e.key === "z" || e.key === "Z") latestRef.current.takeBack();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [latestRef]);
}

const ASKED: Record<string, string> = {
  meeting_made: "When is the meeting?",
  call_back: "When do you call back?",
  nurture: "When do you look at it again?",
};

function When({ kind, save }: { kind: Kind; save: (word: api.LeadWord) => void }) {
  const inputRef = useFocus<HTMLInputElement>();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const other = String(form.get("with") ?? "").trim();
    save({
      disposition: kind,
      at: new Date(String(form.get("at"))).toISOString(),
      ...(other ? { with: other } : {}),
    });
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label class="field">
        <span>{ASKED[kind]}</span>
        <input class="in" ref={inputRef} type="datetime-local" name="at" required />
      </label>
      {kind === "meeting_made" && (
        <label class="field">
          <span>With whom?</span>
          <input class="in" name="with" required maxLength={120} />
        </label>
      )}
      <button class="btn primary">Save: {saidWord(kind).toLowerCase()}</button>
    </form>
  );
}
