// The next version of a campaign's plan, proposed.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";
import { startOfDay } from "../../zone";
import { PlanTiers, type EnteredTier } from "./PlanTiers";

interface Props {
  plans: api.Plans;
  done: (said: string) => void;
}

const NOTHING = {
  ...{ campaign: "", amount: "", currency: "", days: "", from: "", cap: "" },
  // Of the opener's share: nobody has one unless it is entered.
  ...{ percent: "", seconds: "60", within: "90" },
};
type Entered = typeof NOTHING;

/** `40,00` is what half of Europe writes. */
const amountOf = (text: string) => text.trim().replace(/^(\d+),(\d{1,2})$/, "$1.$2");

async function bodyOf(e: Entered, tiers: EnteredTier[]): Promise<api.Result<api.PlanBody>> {
  const body: api.PlanBody = {
    campaign: e.campaign,
    amount: amountOf(e.amount),
    currency: e.currency.trim().toUpperCase(),
    tiers: tiers.map((t) => ({ from_lead: Number(t.from), amount: amountOf(t.amount) })),
    payable_after_days: Number(e.days),
  };
  if (e.cap) body.cap = amountOf(e.cap);
  if (e.percent)
    body.split = {
      opener_percent: Number(e.percent),
      min_seconds: Number(e.seconds),
      within_days: Number(e.within),
    };
  if (!e.from) return { ok: true, value: body };
  // The day begins by the clocks of the house.
  const r = await api.periods();
  if (!r.ok) return r;
  return { ok: true, value: { ...body, from: startOfDay(e.from, r.value.zone) } };
}

export function ProposePlan({ plans, done }: Props) {
  const [entered, set] = useState(NOTHING);
  const [tiers, setTiers] = useState<EnteredTier[]>([]);
  const [problem, setProblem] = useState<api.Problem>();
  const foldRef = useRef<HTMLDetailsElement>(null);
  const put = (name: keyof Entered, value: string) => set({ ...entered, [name]: value });
  const into = (name: keyof Entered) => ({
    value: entered[name],
    onInput: (e: { currentTarget: HTMLInputElement }) => put(name, e.currentTarget.value),
  });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const body = await bodyOf(entered, tiers);
    const r = body.ok ? await api.proposePlan(body.value) : body;
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    set(NOTHING);
    setTiers([]);
    if (foldRef.current) foldRef.current.open = false;
    done("Proposed. It holds once a manager approves it.");
  };
  return (
    <details class="panel fold" ref={foldRef}>
      <summary>Propose a version</summary>
      <form class="pad stack" onSubmit={(e) => void submit(e)} aria-label="Propose a version">
        <label class="field">
          <span>For which campaign?</span>
          <select
            class="in"
            required
            value={entered.campaign}
            onChange={(e) => put("campaign", e.currentTarget.value)}
          >
            <option value="">Choose the campaign</option>
            {plans.campaigns.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}, {c.client}
                {c.closed_at && " (over)"}
              </option>
            ))}
          </select>
        </label>
        <div class="terms">
          <label class="field">
            <span>A passed lead earns</span>
            <input class="in" required inputMode="decimal" maxLength={20} {...into("amount")} />
          </label>
          <label class="field">
            <span>Currency, as EUR</span>
            <input
              class="in"
              required
              pattern="[A-Za-z]{3}"
              maxLength={3}
              title="Three letters, as EUR or GBP"
              {...into("currency")}
            />
          </label>
          <label class="field">
            <span>Days from verdict to payout</span>
            <input class="in" required type="number" min={0} max={3660} {...into("days")} />
          </label>
          <label class="field">
            <span>From, else from its approval</span>
            <input class="in" type="date" {...into("from")} />
          </label>
          <label class="field">
            <span>At most in a month, if at all</span>
            <input class="in" inputMode="decimal" maxLength={20} {...into("cap")} />
          </label>
          <label class="field">
            <span>Opener's share in percent, if any</span>
            <input class="in" type="number" min={1} max={99} {...into("percent")} />
          </label>
          {entered.percent && (
            <>
              <label class="field">
                <span>Seconds of talk that open a lead</span>
                <input class="in" required type="number" min={1} max={3600} {...into("seconds")} />
              </label>
              <label class="field">
                <span>Days before the claim that count</span>
                <input class="in" required type="number" min={1} max={3650} {...into("within")} />
              </label>
            </>
          )}
        </div>
        <PlanTiers tiers={tiers} change={setTiers} />
        {problem && <Trouble problem={problem} />}
        <button class="btn primary">Propose it</button>
      </form>
    </details>
  );
}
