// What became of the leads of each campaign and source, to be sent back to where they came from:
// counts and call times, no names.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { month } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { reasonWord } from "./words";
import "./Handovers.css";

const PATH = "/results/";
const KINDS: [api.SourceKind, string][] = [
  ["source", "By source"],
  ["campaign", "By campaign"],
];

/** `/sources/campaign/Fleet autumn` is one campaign's page. */
function named(path: string): { by: api.SourceKind; name: string } | undefined {
  const [by, ...rest] = path.startsWith(PATH) ? path.slice(PATH.length).split("/") : [];
  const known = KINDS.find(([id]) => id === by)?.[0];
  return known && rest.length > 0
    ? { by: known, name: decodeURIComponent(rest.join("/")) }
    : undefined;
}

export function Results({ path }: { path: string }) {
  const one = named(path);
  return one ? <One key={path} {...one} /> : <List />;
}

const nameOf = (name: string) => name || "no source known";
const addressOf = (by: api.SourceKind, name: string) => `${PATH}${by}/${encodeURIComponent(name)}`;

function List() {
  const [by, set] = useState<api.SourceKind>("source");
  const ask = useCallback(() => api.results({ by }), [by]);
  const { value, problem, again } = useLoaded(ask, "handovers");
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Results</h1>
          {value && (
            <p class="second">
              leads that came in {value.from} to {value.until}
            </p>
          )}
        </header>
        <div class="pad wrap" role="group" aria-label="Counted by">
          {KINDS.map(([id, label]) => (
            <button key={id} class="btn" aria-pressed={by === id} onClick={() => set(id)}>
              {label}
            </button>
          ))}
        </div>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="sources" />}
        {value?.sources.length === 0 && (
          <Empty title="No leads came in">
            <p>What becomes of them shows here.</p>
          </Empty>
        )}
        {value && value.sources.length > 0 && (
          <table class="stacking">
            <thead>
              <tr>
                <th scope="col">{by === "source" ? "Source" : "Campaign"}</th>
                {COLUMNS.map(([, label]) => (
                  <th key={label} scope="col" class="num">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {value.sources.map((s) => (
                <tr key={s.name}>
                  <td>
                    <a href={addressOf(by, s.name)} onClick={follow}>
                      <b>{nameOf(s.name)}</b>
                    </a>
                  </td>
                  {COLUMNS.map(([id, label]) => (
                    <td key={id} class="num">
                      {s.counts[id]}
                      <span class="vh"> {label}</span>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {value?.more && <p class="pad mark">More than 50,000 leads: choose fewer days.</p>}
      </section>
    </main>
  );
}

const COLUMNS = [
  ["delivered", "Delivered"],
  ["duplicates", "Duplicates"],
  ["dead", "Dead numbers"],
  ["never_answered", "Never answered"],
  ["reached", "Reached"],
  ["passed", "Passed"],
  ["accepted", "Accepted"],
  ["rejected", "Rejected"],
] as const;

const CAUSES: Record<string, string> = {
  "404": "no such number",
  "410": "gone",
  "484": "incomplete",
  "485": "ambiguous",
  "604": "exists nowhere",
};

function One({ by, name }: { by: api.SourceKind; name: string }) {
  const ask = useCallback(() => api.results({ by, name }), [by, name]);
  const { value, problem, again } = useLoaded(ask, "handovers");
  const report = value?.sources[0];
  return (
    <main id="main" class="page stack" tabIndex={-1}>
      <p class="small">
        <a href="/results" onClick={follow}>
          All sources
        </a>
      </p>
      <section class="panel" aria-label={nameOf(name)}>
        <header>
          <h1>{nameOf(name)}</h1>
          {value && (
            <a
              class="btn end"
              href={api.resultSheet({ by, name, from: value.from, until: value.until })}
            >
              Sheet to send (CSV)
            </a>
          )}
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="the source" />}
        {value && !report && (
          <Empty title="No leads came in">
            <p>
              {value.from} to {value.until}
            </p>
          </Empty>
        )}
        {report && <Counts counts={report.counts} />}
      </section>
      {report && <Months months={report.months} />}
    </main>
  );
}

function Counts({ counts }: { counts: api.SourceCounts }) {
  const causes = Object.entries(counts.dead_by_cause);
  const criteria = Object.entries(counts.rejected_by_criterion);
  return (
    <dl class="pad known">
      {COLUMNS.map(([id, label]) => (
        <>
          <dt key={id}>{label}</dt>
          <dd>
            <b>{counts[id]}</b>
            {id === "dead" &&
              causes.map(([cause, n]) => (
                <span key={cause} class="second">
                  {" "}
                  · {n} {CAUSES[cause] ?? "not reached"} (SIP {cause})
                </span>
              ))}
            {id === "rejected" &&
              criteria.map(([c, n]) => (
                <span key={c} class="second">
                  {" "}
                  · {n} for {c}
                </span>
              ))}
            {id === "rejected" &&
              counts.rejected_for.map((r) => (
                <span key={r.reason} class="second">
                  {" "}
                  · {r.count} {reasonWord(r.reason)}
                </span>
              ))}
          </dd>
        </>
      ))}
      <dt>Not called yet</dt>
      <dd>
        <b>{counts.not_called}</b>
      </dd>
    </dl>
  );
}

/** A rate is told from this many leads on. */
const FEWEST = 30;
const rate = (n: number, of: number) =>
  of < FEWEST ? `n ${of}` : `${Math.round((n * 100) / of)} % of ${of}`;

function Months({ months }: { months: api.SourceMonth[] }) {
  return (
    <section class="panel" aria-label="By month">
      <header>
        <h2>By the month in which leads came in</h2>
      </header>
      <table class="stacking">
        <thead>
          <tr>
            <th scope="col">Month</th>
            <th scope="col" class="num">
              Delivered
            </th>
            <th scope="col">Dead or duplicate</th>
            <th scope="col">Reached</th>
            <th scope="col">Passed</th>
            <th scope="col">Accepted of passed</th>
          </tr>
        </thead>
        <tbody>
          {months.map(({ month: name, counts: c }) => (
            <tr key={name}>
              <td>{month(name)}</td>
              <td class="num">{c.delivered}</td>
              <td>{rate(c.dead + c.duplicates, c.delivered)}</td>
              <td>{rate(c.reached, c.delivered)}</td>
              <td>{rate(c.passed, c.delivered)}</td>
              <td>{rate(c.accepted, c.passed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="pad second small">A rate is shown from {FEWEST} leads on; below that the count.</p>
    </section>
  );
}
