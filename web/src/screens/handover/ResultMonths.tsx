// How the leads of each month fared: in words, as bars, and in figures.
import type * as api from "../../api";
import { month } from "../../format";
import { Cell } from "./ResultCell";
import { compared, costs, counted, STEPS, UNTOLD, unbroken } from "./resultWords";

/** A share is told from this many leads on. */
const FEWEST = 30;
const share = (n: number, of: number) =>
  `${n.toLocaleString()} of ${of.toLocaleString()}` +
  (of < FEWEST ? "" : `, ${Math.round((n * 100) / of)} %`);
/** The picture has the latest of them. */
const DRAWN = 12;

export function ResultMonths({ months }: { months: api.SourceMonth[] }) {
  const all = unbroken(months);
  return (
    <section class="panel" aria-labelledby="months">
      <header>
        <h2 id="months">By the month in which leads came in</h2>
      </header>
      <p class="pad">{compared(all)}</p>
      {all.length > 1 && <Bars months={all.slice(-DRAWN)} />}
      <Table months={all} />
      <ul class="pad second small">
        <li>A share in per cent is shown from {FEWEST} leads on.</li>
        <li>Leads of late months have had less time to be called, and to be answered for.</li>
      </ul>
    </section>
  );
}

const short = (period: string) =>
  new Intl.DateTimeFormat(undefined, { month: "short", timeZone: "UTC" }).format(
    new Date(`${period}-15`),
  );

/** For the eye alone: the words above and the table below say the same. */
function Bars({ months }: { months: api.SourceMonth[] }) {
  const inPart = months.some((m) => !m.whole);
  return (
    <div class="trend" aria-hidden="true">
      {STEPS.map(([id, label]) => {
        const most = Math.max(1, ...months.map((m) => m.counts[id] ?? 0));
        return (
          <div key={id} class="trend-row">
            <span class="label">{label}</span>
            {months.map((m) => (
              <span key={m.month} class={m.whole ? "bar" : "bar part"}>
                <span>{counted(m.counts[id])}</span>
                <i style={{ height: `${((m.counts[id] ?? 0) / most) * 2.5}rem` }} />
              </span>
            ))}
          </div>
        );
      })}
      <div class="trend-row">
        <span class="label" />
        {months.map((m) => (
          <span key={m.month} class="label">
            {short(m.month)}
          </span>
        ))}
      </div>
      <p class="second small">
        Each row has its own scale.{inPart && " Hatched: only a part of the month’s days."}
      </p>
    </div>
  );
}

const HEADS = [
  "Delivered",
  "Dead or duplicate",
  "Reached",
  "Passed",
  "Accepted of passed",
  "Cost per accepted",
] as const;

const Table = ({ months }: { months: api.SourceMonth[] }) => (
  <table class="stacking">
    <caption class="vh">Months in figures</caption>
    <thead>
      <tr>
        <th scope="col">Month</th>
        {HEADS.map((head) => (
          <th key={head} scope="col" class="num">
            {head}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {months.map(({ month: name, whole, counts: c }) => (
        <tr key={name}>
          <td>
            {month(name)}
            {!whole && <span class="second small"> in part</span>}
          </td>
          <Cell head={HEADS[0]}>{c.delivered.toLocaleString()}</Cell>
          <Cell head={HEADS[1]}>{share(c.dead + c.duplicates, c.delivered)}</Cell>
          <Cell head={HEADS[2]}>{c.reached === null ? UNTOLD : share(c.reached, c.delivered)}</Cell>
          <Cell head={HEADS[3]}>{share(c.passed, c.delivered)}</Cell>
          <Cell head={HEADS[4]}>{share(c.accepted, c.passed)}</Cell>
          <Cell head={HEADS[5]}>
            {costs(c, "accepted").map((cost) => (
              <div key={cost}>{cost}</div>
            ))}
          </Cell>
        </tr>
      ))}
    </tbody>
  </table>
);
