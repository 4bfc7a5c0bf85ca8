// Connect rate by the caller number shown: each beside what its calls could be expected to have, by week, and since when it has changed.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { useAsked } from "../../parts/asked";
import { useLoaded } from "../../parts/load";
import { Empty } from "../../parts/states";
import { changeWords, dayOf, daysOf, nameOf, pictureWords, standing } from "./numberWords";
import { How, Report } from "./Report";
import { percent, range } from "./slotWords";
import { Weeks } from "./Weeks";
import "./Numbers.css";

export function Numbers() {
  const [asked, ask] = useAsked<api.NumbersAsked>("client", "from", "to", "fewest");
  const load = useCallback(() => api.numbers(asked), [asked]);
  const loaded = useLoaded(load, "calls");
  return (
    <Report
      name="numbers"
      title="Our numbers"
      what="the numbers"
      csv={api.numbersUrl(asked)}
      loaded={loaded}
      asked={asked}
      ask={ask}
      choices={(value) => (
        <label class="field">
          <span>Fewest calls</span>
          <input
            class="in"
            type="number"
            min="1"
            max="10000"
            value={asked.fewest ?? value.fewest}
            onChange={(e) => ask({ ...asked, fewest: Number(e.currentTarget.value) || undefined })}
          />
        </label>
      )}
    >
      {(value) => <Figures value={value} calls={api.numbersCallsUrl(asked)} />}
    </Report>
  );
}

function Figures({ value, calls }: { value: api.NumbersReport; calls: string }) {
  const [chosen, choose] = useState<string>();
  if (value.promise)
    return (
      <section class="panel">
        <Empty title="No number is told here">
          <p>
            {value.promise.by} promised on {dayOf(value.promise.since.slice(0, 10))} that nobody is
            singled out. A number is often one person’s line: its calls, its first day and its last
            would be that person’s.
          </p>
        </Empty>
      </section>
    );
  const fell = value.numbers.filter((n) => n.changes.at(-1)?.fell);
  const shown = value.numbers.find((n) => n.shown === chosen) ?? fell[0] ?? value.numbers[0];
  if (!value.all || !shown)
    return (
      <section class="panel">
        <Empty title="No calls in these days">
          <p>
            Choose other days. Calls are counted that somebody of the house made on a known line.
          </p>
        </Empty>
      </section>
    );
  return (
    <>
      <Fallen fell={fell} all={value.all} watched={value.numbers.some((n) => n.watched)} />
      <section class="panel" aria-labelledby="picture">
        <header>
          <h2 id="picture">{nameOf(shown)}</h2>
          <span class="second">{pictureWords(shown)}</span>
        </header>
        <Weeks number={shown} />
      </section>
      <Table value={value} shown={shown} choose={choose} />
      <HowCounted value={value} calls={calls} />
    </>
  );
}

interface FallenProps {
  fell: api.OurNumber[];
  all: api.OurNumber;
  /** A number has calls enough for a fall to show. */
  watched: boolean;
}

function Fallen({ fell, all, watched }: FallenProps) {
  const together = all.changes.at(-1);
  return (
    <section class="panel pad stack fallen" aria-label="What has changed">
      {fell.length === 0 && (
        <p>
          <b>{watched ? "No number has fallen." : "No number has calls enough to tell."}</b> A fall
          from 9 to 4 in 100 is found after some 400 calls.
        </p>
      )}
      {fell.map((n) => {
        const change = n.changes.at(-1);
        return (
          change && (
            <p key={n.shown} class="is-fail">
              <Down />
              <b>{nameOf(n)}</b> fell {changeWords(change)}; {sinceThen(change)}.
            </p>
          )
        );
      })}
      {together?.fell && (
        <p>
          <b>All numbers together</b> fell {changeWords(together)}. What happens to all of them is
          no number’s fault: a list, a season, or all of them at once.
        </p>
      )}
    </section>
  );
}

/** `noticed 18 Nov, after 230 calls`. */
const sinceThen = (change: api.NumberChange) =>
  `noticed ${dayOf(change.noticed)}, after ${change.after_calls.toLocaleString()} calls`;

const Down = () => (
  <svg class="m" viewBox="0 0 16 16" aria-hidden="true">
    <path fill="currentColor" d="M2 3h12l-6 11z" />
  </svg>
);

interface TableProps {
  value: api.NumbersReport;
  shown: api.OurNumber;
  choose: (number: string) => void;
}

const COLUMNS = ["Calls", "A day", "Connects", "Rate", "95 % interval", "Expected"];

function Table({ value, shown, choose }: TableProps) {
  return (
    <section class="panel scroll" aria-label="By number" tabIndex={0}>
      <table class="cards">
        <caption class="vh">Each number with its calls, its rate and its last change</caption>
        <thead>
          <tr>
            <th scope="col">Number</th>
            <th scope="col">Used</th>
            {COLUMNS.map((c) => (
              <th key={c} scope="col" class="num">
                {c}
              </th>
            ))}
            <th scope="col">Level</th>
          </tr>
        </thead>
        <tbody>
          {value.numbers.map((n) => (
            <tr key={n.shown} aria-selected={n === shown}>
              <th scope="row">
                <button class="plain" aria-pressed={n === shown} onClick={() => choose(n.shown)}>
                  {nameOf(n)}
                </button>
              </th>
              <Cells number={n} />
            </tr>
          ))}
          {value.all && (
            <tr class="total">
              <th scope="row">All together</th>
              <Cells number={value.all} />
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

function Cells({ number: n }: { number: api.OurNumber }) {
  const last = n.changes.at(-1);
  return (
    <>
      <td data-head="Used" class="nowrap">
        {daysOf(n.first, n.last)}
      </td>
      <td data-head="Calls" class="num">
        {n.calls.toLocaleString()}
      </td>
      <td data-head="A day" class="num">
        {(n.calls / Math.max(1, n.days)).toFixed(0)}
      </td>
      <td data-head="Connects" class="num">
        {n.connects.toLocaleString()}
      </td>
      <td data-head="Rate" class="num">
        {n.rate ? <b>{percent(n.rate.rate, 1)}</b> : <i>too few</i>}
      </td>
      <td data-head="95 % interval" class="num">
        {n.rate ? range(n.rate) : ""}
      </td>
      <td data-head="Expected" class="num">
        {n.expected === null ? "" : n.against === "itself" ? "itself" : percent(n.expected, 1)}
      </td>
      <td data-head="Level" class="level">
        {last?.fell && <Down />}
        {standing(n)}
        {last && <span class="second"> {changeWords(last)}</span>}
      </td>
    </>
  );
}

function HowCounted({ value, calls }: { value: api.NumbersReport; calls: string }) {
  return (
    <How>
      <p>
        A connect is an answered call with {value.connect_seconds} s of the prospect’s speech, as on
        the page of slots. <b>Expected</b> is the rate that the client’s other numbers have in the
        same campaign, weekday and slot, moved by how the campaign’s week went for them; where
        others have under 500 calls, a number is held against itself. Under {value.fewest} calls no
        rate is told.
      </p>
      <p>
        A number’s level is its connects over those expected. A chart watches it call by call (a
        likelihood-ratio CUSUM for a fall to six tenths) and divides by how much days vary beyond
        chance. Its limit grows with the client’s calls, so that all numbers together have at most
        one false alarm in a quarter of a year: in simulated houses 0.5 to 0.8, and 1.0 where days
        vary by a fifth.
      </p>
      <p>
        In those houses a fall from 9 to 4 in 100 was found after 300 to 380 calls at the median and
        570 to 850 in nine of ten; within 400 in 57 to 74 of 100. All of them within 400, and so
        seldom wrong, cannot be had: the best chart there is for this fall has 73 of 100, if it is
        told the level before. A fall to 6 in 100 takes some 720. <b>Since</b> is the likeliest day,
        with its 95 % interval.
      </p>
      <p>
        The figures say that prospects answer this number less, and not why: a spam label, another
        use of it, or other people calling.{" "}
        <a href={calls} download="assay-numbers-calls.csv">
          Calls as they were counted
        </a>
        , with what was expected of each, to compute it again.
      </p>
      {value.waiting > 0 && (
        <p role="status">{value.waiting.toLocaleString()} calls are not counted yet.</p>
      )}
    </How>
  );
}
