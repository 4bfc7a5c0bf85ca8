// Of which days the results are, kept in the address.
import type { Changes } from "../../parts/address";

interface Props {
  from?: string;
  until?: string;
  change: (changes: Changes) => void;
}

/** The first day of the month eleven months before a day's: with its own they are twelve. */
function twelveMonths(until: string): string {
  const [year = 0, of = 1] = until.split("-").map(Number);
  return new Date(Date.UTC(year, of - 12, 1)).toISOString().slice(0, 10);
}

export function ResultDays({ from, until, change }: Props) {
  const field = (name: "from" | "until", label: string, value?: string) => (
    <label class="field">
      <span>{label}</span>
      <input
        class="in"
        type="date"
        value={value ?? ""}
        onChange={(e) => change({ [name]: e.currentTarget.value })}
      />
    </label>
  );
  return (
    <>
      {field("from", "Came in from", from)}
      {field("until", "Until", until)}
      {until && (
        <button class="btn" onClick={() => change({ from: twelveMonths(until) })}>
          12 months
        </button>
      )}
    </>
  );
}
