// A source as it is added or changed.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { useFocus } from "../../parts/focus";
import { Trouble } from "../../parts/states";
import { ORIGINS } from "../report/originWords";

interface Props {
  me: api.Me;
  /** The one that is changed; none: a new one. */
  source?: api.LeadSource;
  done: (words: string) => void;
  back: () => void;
}

/** Minor units of a currency in a whole one: 100 for euro, 1 for yen. */
const scale = (currency: string) => {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2);
};

function costOf(amount: string, currency: string): api.Money | null {
  if (!amount.trim()) return null;
  return { minor: Math.round(Number(amount) * scale(currency)), currency };
}

export function SourceForm({ me, source, done, back }: Props) {
  const [problem, setProblem] = useState<api.Problem>();
  const nameRef = useFocus<HTMLInputElement>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const body: api.SourceBody = {
      name: text("name"),
      grade: text("grade"),
      contact_within_hours: Number(text("hours")),
      supplier: text("supplier") || null,
      cost: costOf(text("cost"), text("currency") || "EUR"),
      origin: text("origin") as api.Origin,
      retired: form.get("retired") !== null,
    };
    const r = source
      ? await api.changeSource(source.id, body)
      : await api.addSource(text("client") || (me.clients[0]?.id ?? ""), body);
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    const moved = "leads" in r.value ? r.value.leads : 0;
    const leads = moved === 1 ? "1 lead has" : `${moved} leads have`;
    done(`Saved: ${body.name}.${moved > 0 ? ` ${leads} another deadline now.` : ""}`);
  };
  const cost = source?.cost;
  return (
    <form
      class="pad source-form"
      onSubmit={(e) => void submit(e)}
      aria-label={source ? `Change ${source.name}` : "Add a source"}
    >
      {!source && me.clients.length > 1 && (
        <label class="field">
          <span>Client</span>
          <select class="in" name="client">
            {me.clients.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        <span>Name</span>
        <input class="in" ref={nameRef} name="name" required maxLength={80} value={source?.name} />
      </label>
      <label class="field">
        <span>Grade, A the best</span>
        <select class="in" name="grade" value={source?.grade ?? "B"}>
          {["A", "B", "C", "D", "E"].map((g) => (
            <option key={g}>{g}</option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>First contact within hours (168 at most)</span>
        <input
          class="in"
          name="hours"
          type="number"
          required
          min={1}
          max={168}
          value={source?.contact_within_hours ?? 72}
        />
      </label>
      <label class="field">
        <span>Cost per lead</span>
        <input
          class="in"
          name="cost"
          type="number"
          min={0}
          step="0.01"
          value={cost ? cost.minor / scale(cost.currency) : undefined}
        />
      </label>
      <label class="field">
        <span>Currency</span>
        <input class="in" name="currency" pattern="[A-Z]{3}" value={cost?.currency ?? "EUR"} />
      </label>
      <label class="field">
        <span>Supplier</span>
        <input class="in" name="supplier" maxLength={80} value={source?.supplier ?? undefined} />
      </label>
      <label class="field">
        <span>Whose leads these are, from now on</span>
        <select class="in" name="origin" value={source?.origin ?? "unknown"}>
          {Object.entries(ORIGINS).map(([id, label]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {source && (
        <label class="choice">
          <input type="checkbox" name="retired" defaultChecked={source.retired_at !== null} /> No
          longer used: it keeps its leads and gets no more
        </label>
      )}
      {problem && <Trouble problem={problem} />}
      <div class="wrap">
        <button class="btn primary">{source ? `Save ${source.name}` : "Add the source"}</button>
        <button type="button" class="btn" onClick={back}>
          Leave it
        </button>
      </div>
    </form>
  );
}
