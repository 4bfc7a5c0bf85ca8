// How many leads come how far: counts, conversion with interval, and time in each stage, by source, campaign, supplier or month.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { percent, range } from "./slotWords";
import { lasts } from "./stretchWords";
import "./Funnel.css";

const STAGES: Record<string, string> = {
  suspect: "Came in",
  contacted: "Contacted",
  claimed: "Claimed",
  passed: "Passed",
  handed_over: "Handed over",
  accepted: "Accepted",
  opportunity: "Opportunity",
  won: "Won",
  lost: "Lost",
};
const BY: [api.FunnelReport["by"], string][] = [
  ["source", "Source"],
  ["campaign", "Campaign"],
  ["supplier", "Supplier"],
  ["month", "Month of entry"],
];

export function Funnel() {
  const [asked, ask] = useState<api.FunnelAsked>({});
  const load = useCallback(() => api.funnel(asked), [asked]);
  const { value, problem, again } = useLoaded(load, "claims");
  return (
    <main id="main" class="page funnel" tabIndex={-1}>
      <div class="title">
        <h1>How far leads come</h1>
        {value && (
          <span class="second">
            came in {value.from} to {value.to}, times of {value.zone}
          </span>
        )}
        <a class="btn end screen-only" href={api.funnelUrl(asked)} download="assay-funnel.csv">
          Export CSV
        </a>
      </div>
      {value && <Bar value={value} asked={asked} ask={ask} />}
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="the funnel" />}
      {value && value.steps[0]?.reached === 0 && (
        <section class="panel">
          <Empty title="No lead came in in these days">
            <p>Choose other days: leads are told by when they came in.</p>
          </Empty>
        </section>
      )}
      {value && value.steps[0] !== undefined && value.steps[0].reached > 0 && (
        <>
          <Steps title="All leads" steps={value.steps} />
          {value.parts.length > 1 &&
            value.parts.map((p) => (
              <details key={p.name} class="panel">
                <summary class="pad">
                  {p.name || "not known"} <span class="second">{told(p.steps)}</span>
                </summary>
                <Steps steps={p.steps} />
              </details>
            ))}
          <How />
        </>
      )}
    </main>
  );
}

/** `120 came in, 14 passed, 3 accepted`. */
function told(steps: api.FunnelStep[]): string {
  const of = (stage: string) => steps.find((s) => s.stage === stage)?.reached ?? 0;
  return `${of("suspect").toLocaleString()} came in, ${of("passed").toLocaleString()} passed, ${of("accepted").toLocaleString()} accepted`;
}

interface BarProps {
  value: api.FunnelReport;
  asked: api.FunnelAsked;
  ask: (asked: api.FunnelAsked) => void;
}

function Bar({ value, asked, ask }: BarProps) {
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
        <span>Told apart by</span>
        <select
          class="in"
          value={value.by}
          onChange={(e) => ask({ ...asked, by: e.currentTarget.value as api.FunnelReport["by"] })}
        >
          {BY.map(([by, label]) => (
            <option key={by} value={by}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Steps({ title, steps }: { title?: string; steps: api.FunnelStep[] }) {
  const all = Math.max(1, steps[0]?.reached ?? 1);
  const table = (
    <table>
      <caption class="vh">{title ?? "Stages"}</caption>
      <thead>
        <tr>
          <th scope="col">Stage</th>
          <th scope="col" class="num">
            Leads
          </th>
          <th scope="col">
            <span class="vh">Picture</span>
          </th>
          <th scope="col" class="num">
            Still here
          </th>
          <th scope="col" class="num">
            Of the stage before
          </th>
          <th scope="col" class="num">
            95 % interval
          </th>
          <th scope="col" class="num">
            At most
          </th>
          <th scope="col" class="num">
            Half within
          </th>
          <th scope="col" class="num">
            9 of 10 within
          </th>
        </tr>
      </thead>
      <tbody>
        {steps.map((s, i) => (
          <tr key={s.stage}>
            <th scope="row">{STAGES[s.stage] ?? s.stage}</th>
            <td class="num">
              <b>{s.reached.toLocaleString()}</b>
            </td>
            <td class="picture" aria-hidden="true">
              <i style={{ width: `${(s.reached / all) * 100}%` }} />
            </td>
            <td class="num">{s.open.toLocaleString()}</td>
            <td class="num">{s.rate ? percent(s.rate.rate, 1) : ""}</td>
            <td class="num">{s.rate ? range(s.rate) : ""}</td>
            <td class="num">{s.at_most === null ? "" : percent(s.at_most, 1)}</td>
            <td class="num">{i === 0 ? "" : lasts(s.median)}</td>
            <td class="num">{i === 0 ? "" : lasts(s.p90)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
  if (!title)
    return (
      <div class="scroll" tabIndex={0} role="region" aria-label="Stages">
        {table}
      </div>
    );
  return (
    <section class="panel scroll" aria-label={title} tabIndex={0}>
      {table}
    </section>
  );
}

const How = () => (
  <section class="panel" aria-labelledby="how-funnel">
    <header>
      <h2 id="how-funnel">How it is counted</h2>
    </header>
    <div class="pad stack">
      <p>
        Leads are told by when they came in. Each stage counts those that came this far or farther;
        who skipped a stage has passed it. The share is of the stage before, with Wilson’s 95 %
        interval.
      </p>
      <p>
        A lead still on its way is not lost: <b>at most</b> is the share if everybody who is still
        in the stage before came here. Times are those of leads that entered both stages. Lost is
        told of those that had an opportunity; a lead that is another one is not told.
      </p>
    </div>
  </section>
);
