// What became of the leads of each source, campaign, supplier and list, to be sent back to where they came from:
// counts, costs and call times, no names.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { day } from "../../format";
import { type Changes, useAddress } from "../../parts/address";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { Result } from "./Result";
import { Cell } from "./ResultCell";
import { ResultDays } from "./ResultDays";
import {
  addressOf,
  COLUMNS,
  costs,
  counted,
  headOf,
  KINDS,
  knownKind,
  nameOf,
  ofSeveral,
  PATH,
} from "./resultWords";
import "./Handovers.css";
import "./Results.css";

/** `/results/campaign/Fleet autumn` is one campaign's page. */
function named(path: string): { by: api.SourceKind; name: string } | undefined {
  const [kind, ...rest] = path.startsWith(PATH) ? path.slice(PATH.length).split("/") : [];
  const by = knownKind(kind);
  return by && rest.length > 0 ? { by, name: decodeURIComponent(rest.join("/")) } : undefined;
}

export function Results({ path }: { path: string }) {
  const [fields, change] = useAddress();
  const one = named(path);
  const client = fields.get("client") ?? undefined;
  const days = { from: fields.get("from") ?? undefined, until: fields.get("until") ?? undefined };
  const by = knownKind(fields.get("by")) ?? "source";
  return one ? (
    <Result key={`${path} ${client}`} {...one} client={client} {...days} change={change} />
  ) : (
    <List by={by} {...days} change={change} />
  );
}

interface ListProps {
  by: api.SourceKind;
  from?: string;
  until?: string;
  change: (changes: Changes) => void;
}

function List({ by, from, until, change }: ListProps) {
  const ask = useCallback(() => api.results({ by, from, until }), [by, from, until]);
  const { value, problem, again } = useLoaded(ask, "handovers");
  return (
    <main id="main" class="page results" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Results</h1>
          {value && (
            <p class="second">
              leads that came in {value.from} to {value.until}
            </p>
          )}
        </header>
        <div class="pad bar">
          <div class="wrap" role="group" aria-label="Counted by">
            {KINDS.map(([id, label]) => (
              <button
                key={id}
                class="btn"
                aria-pressed={by === id}
                onClick={() => change({ by: id })}
              >
                {label}
              </button>
            ))}
          </div>
          <ResultDays from={from ?? value?.from} until={until ?? value?.until} change={change} />
        </div>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="results" />}
        {value?.sources.length === 0 && (
          <Empty title="No leads came in">
            <p>What becomes of them shows here.</p>
          </Empty>
        )}
        {value && value.sources.length > 0 && (
          <Table by={by} sources={value.sources} days={{ from, until }} />
        )}
        {value?.more && <p class="pad mark">More than 50,000 leads: choose fewer days.</p>}
      </section>
    </main>
  );
}

interface TableProps {
  by: api.SourceKind;
  sources: api.SourceReport[];
  days: { from?: string; until?: string };
  /** Of several clients: each is named. */
  several?: boolean;
}

const Table = ({ by, sources, days, several = ofSeveral(sources) }: TableProps) => (
  <table class="stacking">
    <thead>
      <tr>
        <th scope="col">{headOf(by)}</th>
        {COLUMNS.map(([, label]) => (
          <th key={label} scope="col" class="num">
            {label}
          </th>
        ))}
        <th scope="col" class="num">
          Cost per accepted
        </th>
      </tr>
    </thead>
    <tbody>
      {sources.map((s) => (
        <tr key={`${s.client_id} ${s.name}`}>
          <td>
            <a href={addressOf(by, s, days)} onClick={follow}>
              <b>{nameOf(by, s)}</b>
            </a>
            {several && <span class="second small under">{s.client}</span>}
            {s.list && (
              <span class="second small under">
                {day(s.list.began_at)}
                {s.list.supplier && `, ${s.list.supplier}`}
              </span>
            )}
          </td>
          {COLUMNS.map(([id, label]) => (
            <Cell key={id} head={label}>
              {counted(s.counts[id])}
            </Cell>
          ))}
          <Cell head="Cost per accepted">
            {costs(s.counts, "accepted").map((cost) => (
              <div key={cost}>{cost}</div>
            ))}
          </Cell>
        </tr>
      ))}
    </tbody>
  </table>
);
