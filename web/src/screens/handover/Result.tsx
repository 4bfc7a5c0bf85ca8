// One source, campaign, supplier or list: what became of its leads, what each cost, its months, and the sheets to send.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { day, many } from "../../format";
import type { Changes } from "../../parts/address";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { ResultCosts } from "./ResultCosts";
import { ResultDays } from "./ResultDays";
import { ResultMonths } from "./ResultMonths";
import { addressOf, allOf, COLUMNS, counted, nameOf, ofSeveral, rowsOf } from "./resultWords";
import { reasonWord } from "./words";

const CAUSES: Record<string, string> = {
  "404": "no such number",
  "410": "gone",
  "484": "incomplete",
  "485": "ambiguous",
  "604": "exists nowhere",
};

interface Props {
  by: api.SourceKind;
  name: string;
  client?: string;
  from?: string;
  until?: string;
  change: (changes: Changes) => void;
}

export function Result({ by, name, client, from, until, change }: Props) {
  const ask = useCallback(
    () => api.results({ by, client, name, from, until }),
    [by, client, name, from, until],
  );
  const { value, problem, again } = useLoaded(ask, "handovers");
  const several = value && ofSeveral(value.sources) ? value.sources : undefined;
  const report = several ? undefined : value?.sources[0];
  const title = nameOf(by, report ?? { name: by === "list" ? "This list" : name, list: null });
  const sent = report && {
    by,
    client: report.client_id,
    name,
    from: value?.from,
    until: value?.until,
  };
  const days = new URLSearchParams({ by, ...(from && { from }), ...(until && { until }) });
  return (
    <main id="main" class="page stack results" tabIndex={-1}>
      <p class="small">
        <a href={`/results?${days}`} onClick={follow}>
          {allOf(by)}
        </a>
      </p>
      <section class="panel" aria-label={title}>
        <header>
          <h1>{title}</h1>
          {report && !report.list && <span class="second">of {report.client}</span>}
          {report && sent && <Sheets sent={sent} />}
        </header>
        <div class="pad bar">
          <ResultDays from={from ?? value?.from} until={until ?? value?.until} change={change} />
        </div>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="the results" />}
        {several && <Whose by={by} sources={several} days={{ from, until }} />}
        {value?.sources.length === 0 && (
          <Empty title="No leads came in">
            <p>
              {value.from} to {value.until}
            </p>
          </Empty>
        )}
        {value?.more && (
          <p class="pad">
            <span class="mark">
              More than 50,000 leads came in in these days, and not all are counted: choose fewer.
            </span>
          </p>
        )}
        {report?.list && <ListRows list={report.list} />}
        {report && <Counts by={by} counts={report.counts} />}
      </section>
      {report && <ResultCosts counts={report.counts} />}
      {report && report.months.length > 0 && <ResultMonths months={report.months} />}
    </main>
  );
}

interface WhoseProps {
  by: api.SourceKind;
  sources: api.SourceReport[];
  days: { from?: string; until?: string };
}

/** Several clients have one of that name: whose is meant. */
const Whose = ({ by, sources, days }: WhoseProps) => (
  <div class="pad">
    <p>Several clients have one of that name. Whose?</p>
    <p class="wrap">
      {sources.map((s) => (
        <a key={s.client_id} class="btn" href={addressOf(by, s, days)} onClick={follow}>
          {s.client}
        </a>
      ))}
    </p>
  </div>
);

const Sheets = ({ sent }: { sent: api.ResultsAsked }) => (
  <span class="end wrap">
    <a class="btn" href={api.resultCounts(sent)} download>
      Counts to send (CSV)
    </a>
    <a class="btn" href={api.resultLeads(sent)} download>
      Leads with call times (CSV)
    </a>
  </span>
);

const ListRows = ({ list }: { list: api.ListFacts }) => (
  <p class="pad">
    {list.supplier && `From ${list.supplier}, for `}
    {!list.supplier && "For "}
    {list.client}: {list.campaign}, {day(list.began_at)}. {rowsOf(list)}
  </p>
);

/** A part of a count, behind it. */
const Of = ({ n, what }: { n: number; what: string }) => (
  <span class="second">
    {" "}
    · {n.toLocaleString()} {what}
  </span>
);

function Counts({ by, counts }: { by: api.SourceKind; counts: api.SourceCounts }) {
  const parts: Partial<Record<(typeof COLUMNS)[number][0], [number, string][]>> = {
    duplicates: counts.left_out > 0 ? [[counts.left_out, "left out at import"]] : [],
    dead: Object.entries(counts.dead_by_cause).map(([cause, n]) => [
      n,
      `${CAUSES[cause] ?? "not reached"} (SIP ${cause})`,
    ]),
    rejected: [
      ...Object.entries(counts.rejected_by_criterion).map(([c, n]): [number, string] => [
        n,
        `for ${c}`,
      ]),
      ...counts.rejected_for.map((r): [number, string] => [r.count, reasonWord(r.reason)]),
    ],
  };
  return (
    <dl class="pad known">
      {COLUMNS.map(([id, label]) => (
        <>
          <dt key={id}>{label}</dt>
          <dd>
            <b>{counted(counts[id])}</b>
            {parts[id]?.map(([n, what]) => (
              <Of key={what} n={n} what={what} />
            ))}
            {id === "duplicates" && by === "source" && (
              <span class="second"> · without those that an import left out</span>
            )}
          </dd>
        </>
      ))}
      <dt>Not called yet</dt>
      <dd>
        <b>{counted(counts.not_called)}</b>
      </dd>
      {counts.untold > 0 && (
        <>
          <dt>Whether called and reached</dt>
          <dd>
            <b>not told of {many(counts.untold, "lead")}</b>
            <span class="second"> · it was promised that nobody is singled out</span>
          </dd>
        </>
      )}
    </dl>
  );
}
