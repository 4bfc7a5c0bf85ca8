// How many suspects have to be contacted by when for so many hand-overs in a month, and how often such bands held.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { month } from "../../format";
import { useAsked } from "../../parts/asked";
import { useLoaded } from "../../parts/load";
import { Loading, Trouble } from "../../parts/states";
import { dayOf } from "./numberWords";
import { percent, range } from "./slotWords";
import "./Worth.css";

const NO_PLAN: Record<api.NoPlan, string> = {
  too_few:
    "Too little is known: it takes 30 hand-overs, and 60 days since the first lead was talked to.",
  too_late:
    "Too late: nobody who is talked to from today on comes to be handed over in that month.",
  enough: "What was talked to already is enough.",
};

const whole = (n: number) => Math.round(n).toLocaleString();
/** `120, 90 to 160`. */
const banded = (b: api.ForecastBand) => `${whole(b.low)} to ${whole(b.high)}`;

export function Forecast({ client }: { client: string }) {
  const [asked, ask] = useAsked<api.ForecastAsked>("month", "handovers");
  const load = useCallback(() => api.forecast({ ...asked, client }), [asked, client]);
  const { value, problem, again } = useLoaded(load, "handovers");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const month = form.get("month");
    ask({
      month: typeof month === "string" ? month : undefined,
      handovers: Number(form.get("handovers")) || undefined,
    });
  };
  return (
    <section class="panel" aria-labelledby="forecast">
      <header>
        <h2 id="forecast">What it takes</h2>
        <span class="second">for so many hand-overs in a month</span>
        <a
          class="btn end screen-only"
          href={api.forecastUrl({ ...asked, client })}
          download="assay-forecast.csv"
        >
          Months (CSV)
        </a>
        <a
          class="btn screen-only"
          href={api.forecastUrl({ ...asked, client }, "plan")}
          download="assay-forecast-plan.csv"
        >
          Plan (CSV)
        </a>
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="the forecast" />}
      {value && (
        <form class="pad forecast-form screen-only" onSubmit={submit}>
          <label class="field">
            <span>Month</span>
            <input class="in" type="month" name="month" required value={value.month} />
          </label>
          <label class="field">
            <span>Hand-overs</span>
            <input
              class="in"
              type="number"
              name="handovers"
              required
              min={1}
              max={100000}
              value={value.handovers}
            />
          </label>
          <button class="btn">Tell what it takes</button>
        </form>
      )}
      {value && <Told value={value} />}
    </section>
  );
}

function Told({ value }: { value: api.ForecastReport }) {
  const { plan, on_the_way: way } = value;
  return (
    <div class="pad stack">
      {plan ? (
        <p>
          For {value.handovers.toLocaleString()} hand-overs in {month(value.month)}, talk to{" "}
          <b class="big">{whole(plan.contacts.middle)}</b> further leads ({banded(plan.contacts)})
          from {dayOf(plan.from)} to <b>{dayOf(plan.by)}</b>, spread evenly.{" "}
          {plan.suspects && (
            <>
              Of suspects {value.reached && percent(value.reached.rate)} are reached within thirty
              days: dial <b>{whole(plan.suspects.middle)}</b> ({banded(plan.suspects)}).
            </>
          )}
        </p>
      ) : (
        <p>
          <b>{value.no_plan && NO_PLAN[value.no_plan]}</b>
        </p>
      )}
      {way && (
        <p>
          {whole(way.middle)} ({banded(way)}) come of leads that were talked to already.{" "}
          {plan &&
            `Of a hundred talked to in that time ${(plan.share * 100).toFixed(1)} are handed over in the month; half of those that are take ${plan.median_days} days or less.`}
        </p>
      )}
      {value.months.length > 0 && <Held value={value} />}
      {(plan || way || value.months.length > 0) && <Explained value={value} />}
    </div>
  );
}

/** What the bands are, where there are any. */
const Explained = ({ value }: { value: api.ForecastReport }) => (
  <p class="second">
    Figures in brackets hold in eight of ten months, if months are like those before: from weeks of
    contacts drawn again 200 times, always with the same result. Leads on their way count as long as
    they have been there (Kaplan and Meier).
    {value.reached && ` Reached within thirty days: 95 % interval ${range(value.reached)} %.`}
  </p>
);

function Held({ value }: { value: api.ForecastReport }) {
  const all = value.months.length;
  return (
    <details>
      <summary>
        Of {all} {all === 1 ? "month" : "months"}, the band held in <b>{value.held}</b>
        {all < 5 && <span class="second">, too few to say much</span>}
      </summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Months that are over">
        <table class="cards">
          <caption class="vh">Months as they would have been foretold, and what came</caption>
          <thead>
            <tr>
              <th scope="col">Month</th>
              <th scope="col" class="num">
                Foretold
              </th>
              <th scope="col" class="num">
                Band
              </th>
              <th scope="col" class="num">
                Came
              </th>
              <th scope="col">Held</th>
            </tr>
          </thead>
          <tbody>
            {value.months.map((m) => (
              <tr key={m.month}>
                <th scope="row">{month(m.month)}</th>
                <td data-head="Foretold" class="num">
                  {whole(m.foretold.middle)}
                </td>
                <td data-head="Band" class="num">
                  {banded(m.foretold)}
                </td>
                <td data-head="Came" class="num">
                  <b>{m.came.toLocaleString()}</b>
                </td>
                <td data-head="Held">{m.is_held ? "yes" : "no"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="second">
        Foretold on the first of the month with what was known then, and the contacts that were made
        in it.
      </p>
    </details>
  );
}
