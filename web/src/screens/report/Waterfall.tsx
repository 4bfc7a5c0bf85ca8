// Where a lead's time goes: each stretch with who answers for it, as bars and as a table.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { useLoaded } from "../../parts/load";
import { Loading, Trouble } from "../../parts/states";
import { lasts, OWNERS, STRETCHES } from "./stretchWords";
import "./Waterfall.css";

export function Waterfall() {
  const [asked, ask] = useState<api.WaterfallAsked>({});
  const [working, setWorking] = useState(false);
  const load = useCallback(() => api.waterfall(asked), [asked]);
  const { value, problem, again } = useLoaded(load, "claims");
  return (
    <main id="main" class="page waterfall" tabIndex={-1}>
      <div class="title">
        <h1>Who holds up whom</h1>
        {value && (
          <span class="second">
            {value.from} to {value.to}, times of {value.zone}
          </span>
        )}
        <a
          class="btn end screen-only"
          href={api.waterfallUrl(asked)}
          download="assay-waterfall.csv"
        >
          Export CSV
        </a>
      </div>
      {value && <Bar value={value} asked={asked} ask={ask} working={working} work={setWorking} />}
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="the figures" />}
      {value && <Stretches value={value} working={working} />}
      {value && (
        <section class="panel" aria-labelledby="how-waterfall">
          <header>
            <h2 id="how-waterfall">How it is counted</h2>
          </header>
          <div class="pad stack">
            <p>
              Leads that came in and claims that were made in these days. The median of what ended:
              half of them took less; 95 of 100 took less than the other figure. What goes on is
              counted beside it, and is in neither.
            </p>
            <p>
              First dial and first contact are those that the wire saw and the leads’ pages show.
              Working hours are {value.working_hours}, Monday to Friday; holidays are not known
              here.
            </p>
          </div>
        </section>
      )}
    </main>
  );
}

interface BarProps {
  value: api.WaterfallReport;
  asked: api.WaterfallAsked;
  ask: (asked: api.WaterfallAsked) => void;
  working: boolean;
  work: (working: boolean) => void;
}

function Bar({ value, asked, ask, working, work }: BarProps) {
  const date = (name: "from" | "to", label: string) => (
    <label class="field">
      <span>{label}</span>
      <input
        class="in"
        type="date"
        value={asked[name] ?? value[name]}
        onChange={(e) => ask({ ...asked, [name]: e.currentTarget.value || undefined })}
      />
    </label>
  );
  return (
    <div class="bar screen-only" role="group" aria-label="What is counted">
      {value.clients.length > 1 && (
        <label class="field">
          <span>Client</span>
          <select
            class="in"
            value={value.client}
            onChange={(e) => ask({ ...asked, client: e.currentTarget.value })}
          >
            {value.clients.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </select>
        </label>
      )}
      {date("from", "From")}
      {date("to", "To")}
      <label class="field">
        <span>Hours</span>
        <select
          class="in"
          value={working ? "working" : "calendar"}
          onChange={(e) => work(e.currentTarget.value === "working")}
        >
          <option value="calendar">of the calendar</option>
          <option value="working">working hours</option>
        </select>
      </label>
    </div>
  );
}

function Stretches({ value, working }: { value: api.WaterfallReport; working: boolean }) {
  const of = (s: api.Stretch) =>
    working ? [s.working_median, s.working_p95] : ([s.median, s.p95] as const);
  const longest = Math.max(1, ...value.stretches.map((s) => of(s)[1] ?? 0));
  return (
    <section class="panel scroll" aria-label="Stretches" tabIndex={0}>
      <table>
        <caption class="vh">How long each stretch takes, and who answers for it</caption>
        <thead>
          <tr>
            <th scope="col">Stretch</th>
            <th scope="col">Whose</th>
            <th scope="col" class="num">
              Ended
            </th>
            <th scope="col" class="num">
              Goes on
            </th>
            <th scope="col" class="num">
              Half within
            </th>
            <th scope="col" class="num">
              95 of 100 within
            </th>
            <th scope="col">
              <span class="vh">Picture</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {value.stretches.map((s) => {
            const [median, p95] = of(s);
            return (
              <tr key={s.name}>
                <th scope="row">{STRETCHES[s.name]}</th>
                <td>{OWNERS[s.owner]}</td>
                <td class="num">{s.ended.toLocaleString()}</td>
                <td class="num">{s.open.toLocaleString()}</td>
                <td class="num">
                  <b>{lasts(median ?? null)}</b>
                </td>
                <td class="num">{lasts(p95 ?? null)}</td>
                <td class="picture" aria-hidden="true">
                  {p95 !== null && p95 !== undefined && (
                    <i style={{ width: `${(p95 / longest) * 100}%` }}>
                      <u style={{ width: `${p95 > 0 ? ((median ?? 0) / p95) * 100 : 0}%` }} />
                    </i>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
