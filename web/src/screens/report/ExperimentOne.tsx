// One experiment: its question, its arms, how it stands, and what it came to.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { useLoaded } from "../../parts/load";
import { Reasoned } from "../../parts/Reasoned";
import { Loading, Trouble } from "../../parts/states";
import { Apart } from "./Apart";
import { days, MEASURES, standing, verdictWords } from "./experimentWords";
import { percent } from "./slotWords";

export function ExperimentOne({ id, changed }: { id: string; changed: () => void }) {
  const load = useCallback(() => api.experiment(id), [id]);
  const { value, problem, again } = useLoaded(load, "calls");
  const [stops, stop] = useState(false);
  if (problem) return <Trouble problem={problem} again={again} />;
  if (!value) return <Loading what="the experiment" />;
  // Who has seen all counts cannot do away with the result.
  const may = value.phase === "planned" || value.phase === "running";
  return (
    <section class="panel" aria-labelledby="one">
      <header>
        <h2 id="one">{value.name}</h2>
        <span class="second">
          {days(value)}, {MEASURES[value.measure]} per call, arms by{" "}
          {value.over === "people" ? "telemarketer" : "day"}
        </span>
        <span class="end wrap screen-only">
          <a class="btn" href={api.experimentUrl(id, "arms")} download="assay-experiment-arms.csv">
            Export CSV
          </a>
          {may && !stops && (
            <button class="btn" onClick={() => stop(true)}>
              Stop it
            </button>
          )}
        </span>
      </header>
      <div class="pad stack">
        <p class="asking">{value.question}</p>
        <p role="status" class={value.phase === "stopped" ? "is-fail" : undefined}>
          {standing(value)}
        </p>
        {stops && (
          <Reasoned
            question="Why is it stopped? It says so ever after, and has no result."
            act="Stop the experiment"
            no="Let it run"
            send={(reason) => api.stopExperiment(id, reason)}
            done={() => {
              stop(false);
              again();
              changed();
            }}
            back={() => stop(false)}
          />
        )}
        <Result value={value} />
      </div>
      <Arms value={value} />
      {value.phase === "counted" && !value.is_promised && <Apart value={value} />}
      <Drawn value={value} />
    </section>
  );
}

function Result({ value }: { value: api.Experiment }) {
  const first = value.arms[0]?.name ?? "";
  const name = (v: api.Versus) => value.arms[v.arm]?.name ?? "";
  if (!value.result) return null;
  if (value.result.versus.length === 0)
    return (
      <p class="result">
        It was promised that nobody is singled out, and an arm has fewer than five people: no figure
        is told.
      </p>
    );
  return (
    <>
      {value.result.versus.map((v) => (
        <p key={v.arm} class="result">
          {verdictWords(v, name(v), first)}
        </p>
      ))}
      <p class="second">
        {value.result.draws > 0 &&
          `Held against ${value.result.all_draws ? "all" : "chance’s"} ${value.result.draws.toLocaleString()} draws. `}
        It is this client’s {ordinal(value.nth)} experiment; {value.stopped || "none"} of them{" "}
        {value.stopped === 1 ? "was" : "were"} stopped.
      </p>
    </>
  );
}

const ordinal = (n: number) => {
  const two = n % 100;
  const end = two > 10 && two < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${end}`;
};

function Arms({ value }: { value: api.Experiment }) {
  const unit = value.over === "people" ? "People" : "Days";
  const sums = value.arms.some((a) => a.sum);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Arms">
      <table class="cards">
        <caption class="vh">The arms, what they ask, and what came of them</caption>
        <thead>
          <tr>
            <th scope="col">Arm</th>
            <th scope="col">Asks</th>
            <th scope="col" class="num">
              {unit} drawn
            </th>
            {sums && (
              <>
                <th scope="col" class="num">
                  {unit} with calls
                </th>
                <th scope="col" class="num">
                  Calls
                </th>
                <th scope="col" class="num">
                  {value.measure === "meetings" ? "Meetings" : "Connects"}
                </th>
              </>
            )}
            {value.phase === "counted" && (
              <th scope="col" class="num">
                Rate
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {value.arms.map((a) => (
            <tr key={a.name}>
              <th scope="row">{a.name}</th>
              <td data-head="Asks">{a.asks}</td>
              <td data-head={`${unit} drawn`} class="num">
                {value.drawn_at ? a.drawn : "not drawn"}
              </td>
              {sums && (
                <>
                  <td data-head={`${unit} with calls`} class="num">
                    {a.sum?.units.toLocaleString()}
                  </td>
                  <td data-head="Calls" class="num">
                    {a.sum?.calls.toLocaleString()}
                  </td>
                  <td
                    data-head={value.measure === "meetings" ? "Meetings" : "Connects"}
                    class="num"
                  >
                    {a.sum?.hits.toLocaleString()}
                  </td>
                </>
              )}
              {value.phase === "counted" && (
                <td data-head="Rate" class="num">
                  {a.rate === null ? "not told" : <b>{percent(a.rate, 1)}</b>}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Drawn({ value }: { value: api.Experiment }) {
  if (!value.drawn_at) return null;
  return (
    <details>
      <summary class="pad">The draw</summary>
      <div class="pad stack">
        {value.seed ? (
          <p>
            Seed <span class="tech">{value.seed}</span>
          </p>
        ) : (
          <p>
            The seed is told when its days are over, so that nobody knows an arm before its day.
          </p>
        )}
        <p>
          Its SHA-256, in the log since the draw: <span class="tech">{value.seed_sha256}</span>
        </p>
        {value.arms.map((a, n) => (
          <p key={a.name}>
            <b>{a.name}:</b>{" "}
            {value.units
              .filter((u) => u.arm === n + 1)
              .map((u) => u.name)
              .join(", ") || "nobody yet"}
          </p>
        ))}
        {!value.is_promised && (
          <a
            class="btn fits screen-only"
            href={api.experimentUrl(value.id, "units")}
            download="assay-experiment-units.csv"
          >
            Export the draw as CSV
          </a>
        )}
      </div>
    </details>
  );
}
