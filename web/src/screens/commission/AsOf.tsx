// A period as it stood on another day.
import { useState } from "preact/hooks";
import type { Statement } from "../../api";
import { day } from "../../format";
import { dateThere, endOfDay } from "../../zone";

interface Props {
  statement: Statement;
  /** Shown as of then; without it as of now. */
  asOf?: string;
  show: (asOf: string | undefined) => void;
}

export function AsOf({ statement: { zone }, asOf, show }: Props) {
  const [date, setDate] = useState("");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (date) show(endOfDay(date, zone));
  };
  const now = () => {
    setDate("");
    show(undefined);
  };
  return (
    <form class="panel pad inline screen-only" onSubmit={submit} aria-label="As of another day">
      <label class="field as-of">
        <span>As it stood on</span>
        <input
          class="in"
          type="date"
          required
          max={dateThere(new Date().toISOString(), zone)}
          value={date}
          onInput={(e) => setDate(e.currentTarget.value)}
        />
      </label>
      <button class="btn">Show that day</button>
      {asOf && (
        <button type="button" class="btn" onClick={now}>
          Back to now
        </button>
      )}
      <span class="second small">
        {asOf ? `Shown as of ${day(asOf, zone)}.` : "Shown as of now."} Days end at midnight, {zone}
        .
      </span>
    </form>
  );
}
