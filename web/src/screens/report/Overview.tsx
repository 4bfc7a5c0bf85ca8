// What a manager sees first: figures that are doors, what runs against a clock, deadlines, money, the queue and the box.
import { type ComponentChildren, Fragment } from "preact";
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { useAsked } from "../../parts/asked";
import { many, moment, month, sum, totals } from "../../format";
import { useLoaded } from "../../parts/load";
import { Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { timeLeft } from "../leads/words";
import { Clocks, Deadlines, Earned } from "./OverviewTables";
import { VerdictDays } from "./OverviewVerdicts";
import { dayOf, nameOf } from "./numberWords";
import { Choice, Files, How, usePaper } from "./Report";
import { RepairList } from "./Repairs";
import { percent } from "./slotWords";
import { lasts } from "./stretchWords";
import "./Overview.css";

const DAYS: [string, string][] = [
  ["7", "seven days"],
  ["14", "14 days"],
  ["28", "four weeks"],
];

interface Props {
  /** What the box needs; nothing before it has answered. */
  repairs: api.Repair[] | undefined;
}

const FILES: [string, string][] = [
  ["figures", "figures"],
  ["sources", "leads by source"],
  ["earned", "money of the month"],
  ["waiting", "what waits"],
  ["days", "verdicts by day"],
  ["fallen", "numbers that fell"],
];

export function Overview({ repairs }: Props) {
  const [asked, ask] = useAsked<api.OverviewAsked>("client", "days");
  const load = useCallback(() => api.overview(asked), [asked]);
  const { value, problem, again } = useLoaded(load, "claims");
  usePaper();
  return (
    <main id="main" class="page overview" tabIndex={-1}>
      <div class="title">
        <h1>Overview</h1>
        {value && (
          <span class="second">
            {moment(value.now, value.zone)}, as it stands now, times of {value.zone}
          </span>
        )}
        {value && (
          <div class="end choices asks">
            {value.clients.length > 1 && (
              <Choice
                label="Client"
                value={value.client ?? ""}
                options={[["", "All clients"], ...named(value.clients)]}
                choose={(client) => ask({ ...asked, client: client || undefined })}
              />
            )}
            <Choice
              label="Verdicts and calls of"
              value={String(value.days)}
              options={DAYS}
              choose={(days) => ask({ ...asked, days: Number(days) })}
            />
          </div>
        )}
      </div>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="the overview" />}
      {value && <Doors value={value} repairs={repairs} />}
      {value && (
        <div class="halves">
          <div>
            <Clocks value={value} />
            <Deadlines value={value} />
            <Earned value={value} />
          </div>
          <div>
            <Queue value={value} />
            <VerdictDays value={value} />
            <FallenNumbers value={value} />
            <TheBox value={value} repairs={repairs} />
          </div>
        </div>
      )}
      {value && (
        <How>
          <p>
            What waits, is late or is owed is of this moment; verdicts and calls are of the last{" "}
            {value.days} days up to now, beside as many before them. A rate has a 95 % interval, and
            is told from one verdict on. Overdue is what stands past its own deadline. Money is of
            the open period, earned less taken back, each currency by itself.
          </p>
          <p>Each figure leads to the page that has its own definition.</p>
        </How>
      )}
      {value && (
        <Files files={FILES.map(([table, name]) => [name, api.overviewUrl(asked, table)])} />
      )}
    </main>
  );
}

const named = (clients: api.Overview["clients"]) =>
  clients.map((c): [string, string] => [c.id, c.name]);

interface DoorProps {
  href: string;
  label: string;
  figure: ComponentChildren;
  under: ComponentChildren;
  late?: boolean;
}

const Door = ({ href, label, figure, under, late }: DoorProps) => (
  <a href={href} onClick={follow}>
    <span class="label">{label}</span>
    <b class={late ? "late" : undefined}>{figure}</b>
    <span class="second">{under}</span>
  </a>
);

interface Part extends Props {
  value: api.Overview;
}

/** Six figures, each the way to its page. */
function Doors({ value, repairs }: Part) {
  const total = (of: (s: api.Overview["sources"][number]) => number) =>
    value.sources.reduce((n, s) => n + of(s), 0);
  const [over, late] = [total((s) => s.over_7_days), total((s) => s.late)];
  const { now } = value.verdicts;
  const waiting = value.questions + value.disputes + value.rulings;
  const calls = value.calls;
  return (
    <nav class="panel doors" aria-label="Figures, each the way to its page">
      <Door
        href="/leads?view=untouched"
        label="Leads over 7 days without contact"
        figure={over.toLocaleString()}
        late={over > 0}
        under={`${over === 0 ? "as it must be" : "it must be 0"}; ${late.toLocaleString()} late in all`}
      />
      <Door
        href="/leads?stage=claimed"
        label="In the queue"
        figure={many(value.queue.claims, "claim")}
        under={
          value.queue.oldest
            ? `the oldest for ${timeLeft(value.now, Date.parse(value.queue.oldest))}`
            : "nobody waits for a verdict"
        }
      />
      <Door
        href="/handovers"
        label={`Passed, of ${value.days} days’ verdicts`}
        figure={now.rate ? percent(now.rate.rate) : "none yet"}
        under={
          now.rate
            ? `${now.passed} of ${now.verdicts}, range ${Math.round(now.rate.low * 100)} to ${Math.round(now.rate.high * 100)}`
            : "no verdict in these days"
        }
      />
      <Door
        href={value.disputes > 0 ? "/disputes" : value.questions > 0 ? "/questions" : "/rulings"}
        label="Disputes, questions, rulings"
        figure={`${waiting} open`}
        under={
          waiting > 0
            ? `${value.disputes}, ${value.questions} and ${value.rulings}`
            : "none waits for an answer"
        }
      />
      <Door
        href="/books"
        label={`Earned in ${month(value.period)}`}
        figure={sum(totals(value.earned.map((e) => e.amount)))}
        under={many(
          value.earned.reduce((n, e) => n + e.leads, 0),
          "passed lead",
        )}
      />
      <Door
        href="/repairs"
        label="The box"
        figure={repairs ? (repairs.length > 0 ? `${repairs.length} to repair` : "is well") : " "}
        late={repairs?.some((r) => r.level === "bad")}
        under={
          calls
            ? `${calls.recorded.toLocaleString()} of ${calls.answered.toLocaleString()} answered calls recorded`
            : "calls are not told: aggregate only"
        }
      />
    </nav>
  );
}

/** Claims by how long they wait, and how fast they are judged. */
function Queue({ value }: { value: api.Overview }) {
  const { queue, verdicts } = value;
  const ages: [string, number][] = [
    ["Under 4 h", queue.under_4_h],
    ["4 to 24 h", queue.under_24_h],
    ["Over 24 h", queue.over_24_h],
  ];
  const most = Math.max(1, ...ages.map(([, n]) => n));
  const { waited } = verdicts;
  return (
    <section class="panel" aria-labelledby="overview-queue">
      <header>
        <h2 id="overview-queue">Queue</h2>
        <span class="second">{many(queue.claims, "claim")} by age</span>
      </header>
      <div class="pad figures">
        <dl class="ages">
          {ages.map(([label, n]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd class="bar-of" aria-hidden="true">
                <i style={{ width: `${(n / most) * 100}%` }} />
              </dd>
              <dd class="num">{n}</dd>
            </div>
          ))}
        </dl>
        <dl class="told">
          <dt>At work</dt>
          <dd>{queue.at_work.length > 0 ? queue.at_work.join(", ") : "nobody now"}</dd>
          <dt>Claim to verdict</dt>
          <dd>
            {waited.median === null
              ? "no verdict in these days"
              : `median ${lasts(waited.median)}; 95 of 100 within ${lasts(waited.p95)}; n ${waited.verdicts}`}
          </dd>
        </dl>
      </div>
    </section>
  );
}

/** Numbers that prospects answer less than they did; nothing where there are none. */
function FallenNumbers({ value }: { value: api.Overview }) {
  const { fallen } = value;
  if (fallen.length === 0) return null;
  const rate = (of: (typeof fallen)[number]["now"]) => (of ? percent(of.rate, 1) : "too few calls");
  return (
    <section class="panel" aria-labelledby="overview-numbers">
      <header>
        <h2 id="overview-numbers">Numbers that connect less</h2>
        <span class="second">{many(fallen.length, "number")}, found within the last hour</span>
        <a class="end small" href="/numbers" onClick={follow}>
          Numbers
        </a>
      </header>
      <dl class="told pad">
        {fallen.slice(0, 4).map((f) => (
          <Fragment key={`${f.client} ${f.shown}`}>
            <dt>{nameOf(f)}</dt>
            <dd>
              {rate(f.now)} of its calls since {dayOf(f.since)}, {rate(f.before)} before
              {value.clients.length > 1 && `; ${f.client}`}
            </dd>
          </Fragment>
        ))}
      </dl>
      {fallen.length > 4 && <p class="pad second">{many(fallen.length - 4, "further number")}.</p>}
    </section>
  );
}

/** Calls of these days, and what is to be repaired. */
function TheBox({ value, repairs }: Part) {
  const heard = value.calls;
  return (
    <section class="panel" aria-labelledby="overview-box">
      <header>
        <h2 id="overview-box">The box</h2>
        <a class="end small" href="/coverage" onClick={follow}>
          Coverage
        </a>
      </header>
      <dl class="told pad">
        <dt>These {value.days} days</dt>
        <dd>
          {heard
            ? `${many(heard.calls, "call")}: ${heard.answered.toLocaleString()} answered = ${heard.recorded.toLocaleString()} recorded + ${(heard.answered - heard.recorded).toLocaleString()} with a reason why not`
            : "Calls of so few days are not told: it was promised that nobody is singled out."}
        </dd>
      </dl>
      {repairs && repairs.length > 0 && <RepairList repairs={repairs.slice(0, 4)} />}
      {repairs && repairs.length === 0 && <p class="pad second">Nothing to repair.</p>}
    </section>
  );
}
