// Verdicts day by day, and whether the share that passes has changed.
import type * as api from "../../api";
import { follow } from "../../route";
import { percent } from "./slotWords";

const dayName = (day: string) =>
  new Intl.DateTimeFormat(undefined, {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: "UTC",
  }).format(new Date(`${day}T12:00:00Z`));

export function VerdictDays({ value }: { value: api.Overview }) {
  const { days, now, before, change } = value.verdicts;
  const most = Math.max(1, ...days.map((d) => d.verdicts));
  return (
    <section class="panel" aria-labelledby="overview-verdicts">
      <header>
        <h2 id="overview-verdicts">Verdicts</h2>
        <span class="second">{value.days} days</span>
        <a class="end small" href="/agreement" onClick={follow}>
          Agreement
        </a>
      </header>
      {now.verdicts === 0 && before.verdicts === 0 ? (
        <p class="pad second">No verdict in these days, nor in as many before.</p>
      ) : (
        <div class="pad figures">
          <dl class="ages">
            {days.map((d) => (
              <div key={d.day}>
                <dt>{dayName(d.day)}</dt>
                <dd class="bar-of" aria-hidden="true">
                  <s style={{ width: `${(d.verdicts / most) * 100}%` }} />
                  <i style={{ width: `${(d.passed / most) * 100}%` }} />
                </dd>
                <dd class="num">
                  {d.passed} of {d.verdicts}
                  <span class="vh"> passed</span>
                </dd>
              </div>
            ))}
          </dl>
          <dl class="ages rates">
            <Rated label="These days" of={now} />
            <Rated label="As many before" of={before} old />
          </dl>
          <p class="small muted">Filled: passed. Ranges are 95 % intervals. {told(change)}</p>
        </div>
      )}
    </section>
  );
}

/** `−18`, with a minus that is one. */
const points = (share: number) => {
  const whole = Math.round(share * 100);
  return whole < 0 ? `−${-whole}` : `+${whole}`;
};

export function told(change: api.Overview["verdicts"]["change"]): string {
  if (!change) return "There is nothing to hold them against.";
  const between = `The difference lies between ${points(change.low)} and ${points(change.high)} points`;
  return change.low > 0 || change.high < 0
    ? `${between}: it has changed.`
    : `${between}: no change can be told.`;
}

interface RatedProps {
  label: string;
  of: api.Overview["verdicts"]["now"];
  old?: boolean;
}

function Rated({ label, of, old }: RatedProps) {
  const { rate } = of;
  const at = (share: number) => `${share * 100}%`;
  return (
    <div>
      <dt>{label}</dt>
      <dd class={`span-of ${old ? "old" : ""}`} aria-hidden="true">
        {rate && <u style={{ left: at(rate.low), width: at(rate.high - rate.low) }} />}
        {rate && <i style={{ left: at(rate.rate) }} />}
      </dd>
      <dd class="num">
        {rate ? (
          <>
            <b>{percent(rate.rate)}</b>{" "}
            <span class="muted">
              {Math.round(rate.low * 100)} to {Math.round(rate.high * 100)}, n {of.verdicts}
            </span>
          </>
        ) : (
          "none"
        )}
      </dd>
    </div>
  );
}
