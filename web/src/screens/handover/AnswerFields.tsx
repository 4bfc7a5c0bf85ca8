// What an answer has to say, besides itself.
import * as api from "../../api";
import { NEEDS_WORDS, REASONS } from "./words";

export interface Draft {
  answer?: api.SalesAnswer;
  /** A day, `2026-01-12`. */
  until?: string;
  reason?: api.RejectReason;
  criterion?: string;
  note: string;
}

const FEWEST = 10;

/** What is missing before it can be saved; undefined: nothing. */
export function complete({ answer, until, reason, criterion, note }: Draft): string | undefined {
  const short = note.trim().length < FEWEST;
  if (!answer) return "Choose an answer first.";
  if (answer === "later" && !until) return "Give the date that the buyer named.";
  if (answer === "nurture" && !until) return "Give the date on which it is looked at again.";
  if (answer === "needs_information" && short)
    return "Write your question: ten characters at least.";
  if (answer !== "reject") return undefined;
  if (!reason) return "Say why: choose one of the reasons.";
  if (reason === "criterion" && !criterion) return "Say which criterion is not met.";
  if (NEEDS_WORDS.includes(reason) && short)
    return "Say it in your words: ten characters at least.";
  return undefined;
}

interface Props {
  card: api.HandoverCard;
  draft: Draft;
  change: (more: Partial<Draft>) => void;
}

const today = () => new Date().toLocaleDateString("sv");

export function AnswerFields({ card, draft, change }: Props) {
  const { answer } = draft;
  return (
    <div class="more stack">
      {(answer === "later" || answer === "nurture") && (
        <label class="field">
          <span>{answer === "later" ? "The buyer’s date" : "Looked at again on"}</span>
          <input
            class="in"
            type="date"
            min={today()}
            value={draft.until ?? ""}
            onInput={(e) => change({ until: e.currentTarget.value })}
          />
        </label>
      )}
      {answer === "reject" && <Why card={card} draft={draft} change={change} />}
      <label class="field">
        <span>
          {answer === "needs_information"
            ? `Your question to ${card.brought_by.name.split(" ")[0]}`
            : "In your words"}
        </span>
        <textarea
          class="in"
          rows={2}
          maxLength={2000}
          value={draft.note}
          onInput={(e) => change({ note: e.currentTarget.value })}
        />
      </label>
    </div>
  );
}

function Why({ card, draft, change }: Props) {
  const { counted, agreed, told } = card.sales_calls;
  return (
    <>
      <label class="field">
        <span>Why</span>
        <select
          class="in"
          value={draft.reason ?? ""}
          onChange={(e) => change({ reason: e.currentTarget.value as api.RejectReason })}
        >
          <option value="" disabled>
            choose a reason
          </option>
          {REASONS.map(([id, label]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {draft.reason === "criterion" && (
        <label class="field">
          <span>Which is not met? Somebody hears the call afresh, and is not told why.</span>
          <select
            class="in"
            value={draft.criterion ?? ""}
            onChange={(e) => change({ criterion: e.currentTarget.value })}
          >
            <option value="" disabled>
              choose a criterion
            </option>
            {card.criteria.map((c) => (
              <option key={c.id} value={c.id}>
                {c.title}
              </option>
            ))}
          </select>
        </label>
      )}
      {draft.reason === "unreachable" && (
        <p class={counted < agreed ? "mark" : "second"} role="status">
          {told}
        </p>
      )}
    </>
  );
}
