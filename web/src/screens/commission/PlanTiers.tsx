// Tiers of a plan that is proposed: from which passed lead of a month on each earns what.
import { useRef } from "preact/hooks";
import { focusLater } from "../../parts/focus";

export interface EnteredTier {
  from: string;
  amount: string;
}

/** As many as the box takes. */
const MOST = 10;

interface Props {
  tiers: EnteredTier[];
  change: (tiers: EnteredTier[]) => void;
}

export function PlanTiers({ tiers, change }: Props) {
  const listRef = useRef<HTMLFieldSetElement>(null);
  const addRef = useRef<HTMLButtonElement>(null);
  const put = (at: number, more: Partial<EnteredTier>) =>
    change(tiers.map((t, i) => (i === at ? { ...t, ...more } : t)));
  const add = () => {
    change([...tiers, { from: "", amount: "" }]);
    focusLater(
      () => listRef.current?.querySelector<HTMLInputElement>(".tier:last-of-type input") ?? null,
    );
  };
  const remove = (at: number) => {
    change(tiers.filter((_, i) => i !== at));
    focusLater(() => addRef.current);
  };
  return (
    <fieldset class="tiers" ref={listRef}>
      <legend>Tiers</legend>
      {tiers.length === 0 && (
        <p class="second">None: every passed lead earns the same, whatever number it is.</p>
      )}
      {tiers.map((tier, i) => (
        <div class="tier" key={i}>
          <label class="field">
            <span>From passed lead no.</span>
            <input
              class="in"
              required
              type="number"
              min={2}
              max={100000}
              value={tier.from}
              onInput={(e) => put(i, { from: e.currentTarget.value })}
            />
          </label>
          <label class="field">
            <span>of a month on, each earns</span>
            <input
              class="in"
              required
              inputMode="decimal"
              maxLength={20}
              value={tier.amount}
              onInput={(e) => put(i, { amount: e.currentTarget.value })}
            />
          </label>
          <button type="button" class="btn" onClick={() => remove(i)}>
            Remove<span class="vh"> tier {i + 1}</span>
          </button>
        </div>
      ))}
      {tiers.length < MOST && (
        <button type="button" class="btn" ref={addRef} onClick={add}>
          Add a tier
        </button>
      )}
    </fieldset>
  );
}
