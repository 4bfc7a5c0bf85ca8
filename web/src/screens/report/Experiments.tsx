// Experiments with slots: those that are planned, run, are over or were stopped; one of them; and a plan for another.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { useAsked } from "../../parts/asked";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { ExperimentOne } from "./ExperimentOne";
import { days, MEASURES, PHASES } from "./experimentWords";
import { PlanExperiment } from "./PlanExperiment";
import { Choice, How } from "./Report";
import "./Report.css";
import "./Experiments.css";

interface Asked {
  client?: string;
  experiment?: string;
}

export function Experiments() {
  const [{ client, experiment: chosen }, ask] = useAsked<Asked>("client", "experiment");
  const [plans, plan] = useState(false);
  const load = useCallback(() => api.experiments(client), [client]);
  const { value, problem, again } = useLoaded(load, "calls");
  const open = (id: string) => {
    ask({ client, experiment: id });
    plan(false);
    again();
  };
  const shown = chosen ?? value?.experiments[0]?.id;
  return (
    <main id="main" class="page report experiments" tabIndex={-1}>
      <div class="title">
        <h1>Experiments</h1>
        {value && <span class="second">days of {value.zone}</span>}
        {value && (
          <a
            class="btn end screen-only"
            href={api.experimentsUrl({ client })}
            download="assay-experiments.csv"
          >
            Export CSV
          </a>
        )}
        {value && !plans && (
          <button class="btn screen-only" onClick={() => plan(true)}>
            Plan an experiment
          </button>
        )}
      </div>
      {value && value.clients.length > 1 && (
        <div class="bar asks" role="group" aria-label="Whose">
          <Choice
            label="Client"
            value={value.client}
            options={value.clients.map((c) => [c.id, c.name])}
            choose={(id) => {
              ask({ client: id });
              plan(false);
            }}
          />
        </div>
      )}
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="the experiments" />}
      {value && plans && <PlanExperiment value={value} done={open} back={() => plan(false)} />}
      {value?.experiments.length === 0 && !plans && (
        <section class="panel">
          <Empty title="No experiment yet">
            <p>
              An experiment puts people, or days, into arms by chance, and tells when it is over
              whether one of them connects more often, or whether chance does as much.
            </p>
          </Empty>
        </section>
      )}
      {value && value.experiments.length > 0 && (
        <List all={value.experiments} shown={shown} open={open} />
      )}
      {shown && !plans && <ExperimentOne key={shown} id={shown} changed={again} />}
      {value && <HowCounted />}
    </main>
  );
}

interface ListProps {
  all: api.ExperimentLine[];
  shown: string | undefined;
  open: (id: string) => void;
}

function List({ all, shown, open }: ListProps) {
  return (
    <section class="panel scroll" aria-label="All experiments" tabIndex={0}>
      <table class="cards">
        <caption class="vh">All experiments of this client, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Experiment</th>
            <th scope="col">Days</th>
            <th scope="col">Arms by</th>
            <th scope="col">Measure</th>
            <th scope="col">Standing</th>
          </tr>
        </thead>
        <tbody>
          {all.map((e) => (
            <tr key={e.id} aria-selected={e.id === shown}>
              <th scope="row">
                <button class="plain" aria-pressed={e.id === shown} onClick={() => open(e.id)}>
                  {e.name}
                </button>
              </th>
              <td data-head="Days" class="nowrap">
                {days(e)}
              </td>
              <td data-head="Arms by">{e.over === "people" ? "telemarketer" : "day"}</td>
              <td data-head="Measure">{MEASURES[e.measure]} per call</td>
              <td data-head="Standing">{PHASES[e.phase]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const HowCounted = () => (
  <How>
    <p>
      The box draws when the first day begins, with a seed from its operating system: units are
      sorted by the SHA-256 of the seed, a colon and the unit, and the arms dealt to them in turn.
      The log has the seed, so that anybody can draw again; for days it has the seed’s hash first,
      so that nobody knows a day’s arm before that day.
    </p>
    <p>
      Calls of one person, or of one day, are alike: units are compared, and not calls. The
      difference of two arms’ rates, over its standard error by units, is held against all other
      draws that could have been, or 9,999 of them. <b>Chance</b> is the share that is as far apart;
      an arm is called better or worse where that is at most 5 in 100, and the interval is of the
      same draws. With more arms, the farthest of each draw counts.
    </p>
    <p>
      It is compared once, three days after its end, of calls counted then; until then there are
      counts, and no judgement. On simulated floors where nothing works, looked at daily, some 5 in
      100 say that something does; comparing anew each day would say so in 10 to 21. Of twenty
      experiments with nothing in them, one says that there is: see how many there were.
    </p>
    <p>
      What counts is the arm that was drawn, whatever people did. Who hands one arm the better
      leads, or calls on another’s line, spoils it, and no figure shows that.
    </p>
  </How>
);
