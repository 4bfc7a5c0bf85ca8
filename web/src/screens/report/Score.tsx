// How likely sales accepts a lead: what was learnt, how it stood the test, and which campaigns are worked on by it.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { useAsked } from "../../parts/asked";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Trouble } from "../../parts/states";
import { RangeBar } from "./RangeBar";
import { Choice, How, Report } from "./Report";
import { STATES, alike, chance } from "./scoreWords";
import { percent, range } from "./slotWords";
import "./Worth.css";

const LISTS: [api.ScoreReport["list"], string][] = [
  ["sales", "Leads handed over to sales"],
  ["telesales", "Leads that are called"],
];

export function ScorePage() {
  const [asked, ask] = useAsked<api.ScoreAsked>("client", "list");
  const load = useCallback(() => api.scoreReport(asked), [asked]);
  const loaded = useLoaded(load, "handovers");
  return (
    <Report
      name="score"
      title="Which leads sales accepts"
      what="the score"
      csv={api.scoreUrl(asked)}
      files={[
        ["foretold and come", api.scoreUrl(asked)],
        ["by source", api.scoreUrl(asked, "groups")],
      ]}
      loaded={loaded}
      asked={asked}
      ask={ask}
      choices={(value) => (
        <Choice
          label="Which leads"
          value={value.list}
          options={LISTS}
          choose={(list) => ask({ ...asked, list })}
        />
      )}
    >
      {(value) => (
        <>
          <Learnt value={value} />
          <Orders value={value} done={loaded.again} />
          <Counted value={value} />
        </>
      )}
    </Report>
  );
}

function Learnt({ value }: { value: api.ScoreReport }) {
  if (value.past < value.fewest_past)
    return (
      <section class="panel">
        <Empty title="Too few past leads to learn from">
          <p>
            It takes {value.fewest_past}, and {value.past.toLocaleString()}{" "}
            {value.past === 1 ? "is" : "are"} known so far
            {value.waiting > 0 &&
              `; ${value.waiting.toLocaleString()} more came within the last ${value.known_after_days} days`}
            . A lead counts {value.known_after_days} days after it came to this point: by then sales
            has answered, or has not. Until there are enough no lead is scored, and lists keep their
            order.
          </p>
        </Empty>
      </section>
    );
  return (
    <>
      {value.accepted === 0 || value.accepted === value.past ? (
        <section class="panel pad verdict-line">
          <p>
            <b>
              {value.accepted === 0 ? "None" : "All"} of {value.past.toLocaleString()} were
              accepted.
            </b>{" "}
            There is nothing to tell apart yet: every lead is scored alike.
          </p>
        </section>
      ) : (
        <Tested value={value} />
      )}
      {value.back_test && <Bins test={value.back_test} />}
      <Groups value={value} />
    </>
  );
}

function Tested({ value }: { value: api.ScoreReport }) {
  const test = value.back_test;
  if (!test)
    return (
      <section class="panel pad verdict-line">
        <p>
          <b>Not tested yet.</b> No lead could be scored before its time was over: that takes a
          month that began when {value.fewest_past} past leads were known.
        </p>
      </section>
    );
  const against = (name: string, a: api.ScoreAgainst) => (
    <tr>
      <th scope="row">{name}</th>
      <td data-head="Brier score" class="num">
        {a.brier.toFixed(4)}
      </td>
      <td data-head="The score is better by" class="num">
        {a.better_by.toFixed(4)}
      </td>
      <td data-head="95 % interval" class="num">
        {a.low.toFixed(4)} to {a.high.toFixed(4)}
      </td>
      <td data-head="So it is">{a.is_beaten ? "beaten" : "not beaten"}</td>
    </tr>
  );
  const good = test.base.is_beaten && test.counting.is_beaten;
  const lost = [
    !test.base.is_beaten && "a plain rate for everybody",
    !test.counting.is_beaten && "counting calls",
  ].filter(Boolean);
  return (
    <section class="panel scroll verdict-line" aria-label="The test" tabIndex={0}>
      <p class="pad">
        <b class="big">
          {good ? "It tells leads apart." : `It does not beat ${lost.join(" or ")}.`}
        </b>{" "}
        {test.n.toLocaleString()} leads of {test.months} {test.months === 1 ? "month" : "months"}{" "}
        were scored by what was known when their month began; {test.accepted.toLocaleString()} were
        accepted.
        {!good && " An order by it is no better than another: keep the order by time."}
      </p>
      <table class="cards">
        <caption class="vh">Brier scores, 0 the best</caption>
        <thead>
          <tr>
            <th scope="col">How leads are told apart</th>
            <th scope="col" class="num">
              Brier score
            </th>
            <th scope="col" class="num">
              The score is better by
            </th>
            <th scope="col" class="num">
              95 % interval
            </th>
            <th scope="col">So it is</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">This score</th>
            <td data-head="Brier score" class="num">
              <b>{test.brier.toFixed(4)}</b>
            </td>
            <td data-head="The score is better by" />
            <td data-head="95 % interval" />
            <td data-head="So it is" />
          </tr>
          {against("The same rate for all", test.base)}
          {against("Counting calls", test.counting)}
        </tbody>
      </table>
    </section>
  );
}

function Bins({ test }: { test: api.ScoreReport["back_test"] & object }) {
  return (
    <section class="panel scroll" aria-label="What was foretold, and what came" tabIndex={0}>
      <table class="cards">
        <caption class="vh">Leads by what was foretold, and how many were accepted</caption>
        <thead>
          <tr>
            <th scope="col">Scored</th>
            <th scope="col" class="num">
              Leads
            </th>
            <th scope="col" class="num">
              Foretold
            </th>
            <th scope="col" class="num">
              Accepted
            </th>
            <th scope="col" class="num">
              95 % interval
            </th>
            <th scope="col">
              <span class="vh">Picture</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {test.bins.map((b) => (
            <tr key={b.from} class={b.n < 20 ? "few" : ""}>
              <th scope="row">
                {b.from} to {b.to} %
              </th>
              <td data-head="Leads" class="num">
                {b.n.toLocaleString()}
              </td>
              <td data-head="Foretold" class="num">
                {percent(b.foretold)}
              </td>
              <td data-head="Accepted" class="num">
                <b>{percent(b.rate.rate)}</b>
              </td>
              <td data-head="95 % interval" class="num">
                {range(b.rate)}
              </td>
              <td>
                <RangeBar rate={b.rate} mark={b.foretold} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="pad second">The upright mark is what was foretold. Fewer than 20 leads are grey.</p>
    </section>
  );
}

function Groups({ value }: { value: api.ScoreReport }) {
  return (
    <section class="panel scroll" aria-labelledby="by-source" tabIndex={0}>
      <header>
        <h2 id="by-source">What a lead is scored by its source</h2>
      </header>
      <table class="cards">
        <caption class="vh">Scores by source</caption>
        <thead>
          <tr>
            <th scope="col">Source</th>
            {value.list === "telesales" && <th scope="col">Tried</th>}
            <th scope="col" class="num">
              Score
            </th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {value.groups.map((g) => (
            <tr key={`${g.source} ${g.interactions}`}>
              <th scope="row">{g.source || "not known"}</th>
              {value.list === "telesales" && (
                <td data-head="Tried">{STATES[g.interactions] ?? ""}</td>
              )}
              <td data-head="Score" class="num">
                <b>{chance(g.score)}</b>
              </td>
              <td data-head="Why" class="second">
                {alike(g.score)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Orders({ value, done }: { value: api.ScoreReport; done: () => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const set = (id: string, order: api.WorkOrder) =>
    void api.setWorkOrder(id, order).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) done();
    });
  return (
    <section class="panel" aria-labelledby="orders">
      <header>
        <h2 id="orders">In which order leads are worked on</h2>
        <span class="second">by sales and by telesales; what was agreed keeps its time</span>
      </header>
      {problem && <Trouble problem={problem} />}
      {value.campaigns.map((c) => (
        <fieldset key={c.id} class="pad" disabled={!value.changes}>
          <legend>{c.name}</legend>
          <div class="wrap">
            {(["due", "score"] as const).map((order) => (
              <label key={order} class="choice">
                <input
                  type="radio"
                  name={c.id}
                  checked={c.order === order}
                  onChange={() => set(c.id, order)}
                />
                {order === "due" ? "by time" : "by the day that it is due, the likelier first"}
              </label>
            ))}
          </div>
        </fieldset>
      ))}
    </section>
  );
}

const Counted = ({ value }: { value: api.ScoreReport }) => (
  <How>
    <p>
      Accepted is <b>accept</b> or <b>later</b>, said by sales within {value.known_after_days} days.
      Only leads whose {value.known_after_days} days are over count;{" "}
      {value.waiting.toLocaleString()} are still on their way, and are not counted as turned down.{" "}
      {value.left_out.toLocaleString()} are left out: sales said nothing, had no capacity, or cited
      a criterion that a second reviewer found met. It is foretold that sales accepts a lead, not
      that it becomes an opportunity: that is known months later, and only where a CRM tells.
    </p>
    <p>
      A lead is compared with past ones of its grade, then of its source, then with the same
      answers, then with the same interactions. Each closer group is pulled to the wider one as by
      so many leads of it:{" "}
      {(value.past >= value.fewest_past &&
        value.pulls.map((p) => `${p.level} ${Math.round(p.leads).toLocaleString()}`).join(", ")) ||
        "not learnt yet"}
      . A group of fewer than {value.fewest} is not used: the score falls back to the wider one, and
      says so. Days with a conversation count, not dials, and nothing after the hand-over and
      nothing about the person who called.
    </p>
    <p>
      It orders work and moves no money: no reviewer sees it, and the queue of claims does not know
      it.{" "}
      {value.made_at
        ? `Learnt ${moment(value.made_at)}, and again every hour.`
        : "It is being learnt."}
    </p>
  </How>
);
