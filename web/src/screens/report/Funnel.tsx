// How many leads come how far: counts, conversion with interval, and time in each stage, by source, campaign, supplier or month.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { useAsked } from "../../parts/asked";
import { useLoaded } from "../../parts/load";
import { Empty } from "../../parts/states";
import { Forecast } from "./Forecast";
import { Choice, How, Report } from "./Report";
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
  ["origin", "Origin"],
  ["month", "Month of entry"],
];

export function Funnel() {
  const [asked, ask] = useAsked<api.FunnelAsked>("client", "from", "to", "by");
  const load = useCallback(() => api.funnel(asked), [asked]);
  const loaded = useLoaded(load, "claims");
  return (
    <Report
      name="funnel"
      title="How far leads come"
      days="came in"
      what="the funnel"
      together="Leads are told that came in within four whole weeks, as they stood five weeks later, where five telemarketers or more called leads of the same campaign, source and origin."
      csv={api.funnelUrl(asked)}
      loaded={loaded}
      asked={asked}
      ask={ask}
      choices={(value) => (
        <Choice
          label="Told apart by"
          value={value.by}
          options={BY}
          choose={(by) => ask({ ...asked, by })}
        />
      )}
    >
      {(value) => (
        <>
          <Figures value={value} />
          <Forecast client={value.client} />
        </>
      )}
    </Report>
  );
}

function Figures({ value }: { value: api.FunnelReport }) {
  if (!value.steps[0]?.reached)
    return (
      <section class="panel">
        <Empty title={value.promise ? "Nothing can be told yet" : "No lead came in in these days"}>
          <p>
            {value.promise
              ? "Choose days that hold four whole weeks which ended more than five weeks ago."
              : "Choose other days: leads are told by when they came in."}
          </p>
        </Empty>
      </section>
    );
  return (
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
      <How>
        <p>
          Leads are told by when they came in. Each stage counts those that came this far or
          farther; who skipped a stage has passed it. The share is of the stage before, with
          Wilson’s 95 % interval.
        </p>
        <p>
          A lead still on its way is not lost: <b>at most</b> is the share if everybody who is still
          in the stage before came here. Times are from the farthest stage before that a lead
          entered. Lost is told of those that had an opportunity; of leads that were merged into
          another, that other one counts.
        </p>
      </How>
    </>
  );
}

/** `120 came in, 14 passed, 3 accepted`. */
function told(steps: api.FunnelStep[]): string {
  const of = (stage: string) => steps.find((s) => s.stage === stage)?.reached ?? 0;
  return `${of("suspect").toLocaleString()} came in, ${of("passed").toLocaleString()} passed, ${of("accepted").toLocaleString()} accepted`;
}

/** Who skipped a stage came to it at no time that could be told. */
const took = (minutes: number | null, reached: number) =>
  minutes !== null ? lasts(minutes) : reached > 0 ? "not known" : "nobody yet";

function Steps({ title, steps }: { title?: string; steps: api.FunnelStep[] }) {
  const all = Math.max(1, steps[0]?.reached ?? 1);
  const table = (
    <table class="cards">
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
            <td data-head="Leads" class="num">
              <b>{s.reached.toLocaleString()}</b>
            </td>
            <td class="picture" aria-hidden="true">
              <i style={{ width: `${(s.reached / all) * 100}%` }} />
            </td>
            <td data-head="Still here" class="num">
              {s.open.toLocaleString()}
            </td>
            <td data-head="Of the stage before" class="num">
              {s.rate ? percent(s.rate.rate, 1) : ""}
            </td>
            <td data-head="95 % interval" class="num">
              {s.rate ? range(s.rate) : ""}
            </td>
            <td data-head="At most" class="num">
              {s.at_most === null ? "" : percent(s.at_most, 1)}
            </td>
            <td data-head="Half within" class="num">
              {i === 0 ? "" : took(s.median, s.reached)}
            </td>
            <td data-head="9 of 10 within" class="num">
              {i === 0 ? "" : took(s.p90, s.reached)}
            </td>
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
