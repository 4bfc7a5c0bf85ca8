// Whose leads become pipeline: marketing's share with its bands; deal size, days to close and proof of concept by origin.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { useAsked } from "../../parts/asked";
import { useLoaded } from "../../parts/load";
import { follow } from "../../route";
import { Empty } from "../../parts/states";
import { How, Report } from "./Report";
import { ORIGINS, bandOf } from "./originWords";
import { percent, range } from "./slotWords";
import "./Worth.css";

export function OriginPage({ me }: { me: api.Me }) {
  const [asked, ask] = useAsked<api.WaterfallAsked>("client", "from", "to");
  const load = useCallback(() => api.originReport(asked), [asked]);
  const loaded = useLoaded(load, "handovers");
  return (
    <Report
      name="origin"
      title="Whose leads become pipeline"
      days="opportunities opened"
      what="the figures"
      csv={api.originUrl(asked)}
      loaded={loaded}
      asked={asked}
      ask={ask}
    >
      {(value) => <Figures value={value} connects={me.role === "manager"} />}
    </Report>
  );
}

interface FiguresProps {
  value: api.OriginReport;
  /** They have the page that says which CRM is connected. */
  connects: boolean;
}

function Figures({ value, connects }: FiguresProps) {
  const { parts, shares, gap } = value.figures;
  return (
    <>
      {parts.length === 0 ? (
        <section class="panel">
          <Empty title="No opportunity opened in these days">
            <p>
              The CRM tells which leads became opportunities, and which were won or lost. Choose
              other days; an administrator connects a CRM.
            </p>
            {connects && (
              <a class="btn" href="/crm" onClick={follow}>
                What is connected
              </a>
            )}
          </Empty>
        </section>
      ) : (
        <>
          <Shares shares={shares} bands={value.bands} />
          <Parts parts={parts} />
          <Late gap={gap} parts={parts} />
        </>
      )}
      <Relabelled value={value} />
      <Counted />
    </>
  );
}

const money = (minor: number, currency: string) => {
  const format = new Intl.NumberFormat(undefined, {
    style: "currency",
    currency,
    maximumFractionDigits: 0,
  });
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return format.format(minor / 10 ** (digits.maximumFractionDigits ?? 2));
};

function Shares({ shares, bands }: { shares: api.OriginShare[]; bands: number[] }) {
  return (
    <section class="panel" aria-labelledby="shares">
      <header>
        <h2 id="shares">Marketing’s share of closeable pipeline</h2>
        <span class="second">dashed: {bands.join(", ")} %</span>
      </header>
      {shares.length === 0 && <p class="pad">Everything that opened is lost: there is no share.</p>}
      {shares.map((s) => {
        const amount = (of: number) => (s.currency ? money(of, s.currency) : of.toLocaleString());
        return (
          <div key={s.currency ?? ""} class="pad stack">
            <p>
              <b class="big">{percent(s.share)}</b>{" "}
              {s.currency ? `of ${amount(s.all)} in ${s.currency}` : `of ${amount(s.all)} deals`}:{" "}
              {amount(s.marketing)}, {bandOf(s.share)}
              {s.at_most > s.share &&
                `. At most ${percent(s.at_most)}, were all that nobody has spoken for marketing’s`}
            </p>
            <span class="share-bar" aria-hidden="true">
              <i style={{ width: `${s.share * 100}%` }} />
              <s style={{ left: `${s.share * 100}%`, width: `${(s.at_most - s.share) * 100}%` }} />
              {bands.map((b) => (
                <u key={b} style={{ left: `${b}%` }} />
              ))}
            </span>
          </div>
        );
      })}
    </section>
  );
}

const daysOf = (days: number | null) =>
  days === null ? "" : `${days.toLocaleString(undefined, { maximumFractionDigits: 1 })}`;

function Parts({ parts }: { parts: api.OriginPart[] }) {
  return (
    <section class="panel scroll" aria-label="By origin" tabIndex={0}>
      <table class="cards">
        <caption class="vh">Deals by origin</caption>
        <thead>
          <tr>
            <th scope="col">Origin</th>
            <th scope="col" class="num">
              Opened
            </th>
            <th scope="col" class="num">
              Open or won
            </th>
            <th scope="col" class="num">
              Won of ended
            </th>
            <th scope="col" class="num">
              Half the deals under
            </th>
            <th scope="col" class="num">
              Days to close
            </th>
            <th scope="col" class="num">
              Entered late
            </th>
            <th scope="col" class="num">
              Days from the first call
            </th>
            <th scope="col" class="num">
              Proof of concept
            </th>
          </tr>
        </thead>
        <tbody>
          {parts.map((p) => (
            <tr key={p.origin}>
              <th scope="row">{ORIGINS[p.origin]}</th>
              <td data-head="Opened" class="num">
                {p.opened.toLocaleString()}
              </td>
              <td data-head="Open or won" class="num">
                <b>{p.closeable.toLocaleString()}</b>
                {p.share && <small class="second"> {percent(p.share.rate)}</small>}
              </td>
              <td data-head="Won of ended" class="num">
                {p.won_rate
                  ? `${p.won} of ${p.won + p.lost}, ${percent(p.won_rate.rate)}`
                  : "none ended"}
                {p.won_rate && <small class="second"> {range(p.won_rate)}</small>}
              </td>
              <td data-head="Half the deals under" class="num">
                {p.amounts.map((a) => (
                  <div key={a.currency}>
                    {money(a.median_minor, a.currency)} <small class="second">n {a.deals}</small>
                  </div>
                ))}
              </td>
              <td data-head="Days to close" class="num">
                {p.days === null ? (
                  "none won"
                ) : (
                  <>
                    <b>{daysOf(p.days)}</b> <small class="second">n {p.won}</small>
                  </>
                )}
              </td>
              <td data-head="Entered late" class="num">
                {p.late} of {p.opened}
                {p.late_days !== null && (
                  <small class="second"> by {daysOf(p.late_days)} days</small>
                )}
              </td>
              <td data-head="Days from the first call" class="num">
                {p.days_from === null
                  ? ""
                  : Math.abs((p.days_to ?? 0) - p.days_from) < 0.05
                    ? daysOf(p.days_from)
                    : `${daysOf(p.days_from)} to ${daysOf(p.days_to)}`}
              </td>
              <td data-head="Proof of concept" class="num">
                {p.proof_rate ? `${p.proof} of ${p.proof_said}` : "not said"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Days that sales' own deals close sooner than marketing's, or, below 0, later. */
const sooner = (n: number) => (n >= 0 ? `${daysOf(n)} days sooner` : `${daysOf(-n)} days later`);
function between(from: number, to: number): string {
  if (from >= 0) return `${daysOf(from)} to ${sooner(to)}`;
  if (to < 0) return `${daysOf(-to)} to ${sooner(from)}`;
  return `between ${sooner(from)} and ${sooner(to)}`;
}
/** The same, as it is shown. */
const alike = (a: number, b: number) => Math.abs(a - b) < 0.05;

function Late({ gap, parts }: { gap: api.OriginGap | null; parts: api.OriginPart[] }) {
  const own = parts.find((p) => p.origin === "sales");
  return (
    <section class="panel pad verdict-line stack">
      <p>
        <b>
          {own && own.late === 0
            ? "Of sales’ own leads here, none was seen to be entered late."
            : "Sales’ own leads are entered late, and so look better."}
        </b>{" "}
        {own && own.late === 0
          ? "One that is entered once sales has talked to it looks better than it is: the talking before is in no figure, and what came to nothing is never entered."
          : "Sales enters a lead when it is worth it, after it has talked to it: the talking before is in no figure, and what came to nothing is never entered."}
      </p>
      {gap ? (
        <p>
          As entered, sales’ own close {sooner(gap.told)} than marketing’s. Counted from the first
          call that the wire saw, they close{" "}
          <b>{alike(gap.from, gap.to) ? sooner(gap.from) : between(gap.from, gap.to)}</b>:{" "}
          {alike(gap.from, gap.to) && alike(gap.told, gap.from)
            ? "late entry makes no difference to that."
            : "what lies between the two could be late entry."}
        </p>
      ) : (
        <p>How much that could be cannot be told: one of the two has no deal that was won.</p>
      )}
      {own?.won_rate && (
        <p>
          Of sales’ own that ended {percent(own.won_rate.rate)} were won
          {own.won_rate_early
            ? `; of those entered before the wire saw a call, ${percent(own.won_rate_early.rate)} (${range(own.won_rate_early)}).`
            : "; all were entered after the wire had seen a call."}
        </p>
      )}
    </section>
  );
}

function Relabelled({ value }: { value: api.OriginReport }) {
  const { relabelled } = value;
  const otherwise = value.figures.said_otherwise;
  if (relabelled.length === 0 && otherwise === 0) return null;
  return (
    <section class="panel" aria-labelledby="relabelled">
      <header>
        <h2 id="relabelled">Origins that were changed, or that the CRM says otherwise</h2>
      </header>
      <ul class="pad">
        {relabelled.map((r) => (
          <li key={`${r.source} ${r.kept}`}>
            <b>{r.source}</b> is {ORIGINS[r.now]} now; {r.leads.toLocaleString()} earlier leads keep{" "}
            {ORIGINS[r.kept]}, and are counted as that.
          </li>
        ))}
        {otherwise > 0 && (
          <li>
            Of {otherwise.toLocaleString()} deals the CRM says another origin than the source had
            when the lead came in: the source counts.
          </li>
        )}
      </ul>
    </section>
  );
}

const Counted = () => (
  <How>
    <p>
      A lead keeps the origin that its source had when it came in; who changes the source changes
      what comes after, and the log has it. Closeable is what opened in these days and is not lost.
      Amounts are the CRM’s, summed by currency and never across; deals without one count as deals.
    </p>
    <p>
      Days to close are from the entry, in the CRM where it says so, else here, to the day on which
      it was won; half took less. <b>Entered late</b> is after the first call with one of the lead’s
      numbers. Days from the first call: with those that were seen, and to the right with the median
      delay for leads of which none was, since calls from mobiles are not seen. What sales closes
      without ever entering it here is in no figure.
    </p>
  </How>
);
