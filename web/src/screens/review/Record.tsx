// A reviewer's own record: pace, listening and agreement. Nothing of it is money.
import type { ComponentChildren } from "preact";
import * as api from "../../api";
import { day } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";

export function Record() {
  const { value, problem, again } = useLoaded(api.record, "queue");
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>My record</h1>
          <span class="second">seen by you; nothing here moves money</span>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="your record" />}
        {value && value.claims + value.second_reviews_done === 0 && (
          <Empty title="Nothing judged yet">
            <p>Your first verdict shows here once it is final.</p>
          </Empty>
        )}
        {value && value.claims + value.second_reviews_done > 0 && <Figures record={value} />}
      </section>
      {value && value.days.length > 0 && <Days days={value.days} />}
    </main>
  );
}

/** Unknown is a word, never 0. */
const pace = (ms: number | null) =>
  ms === null ? "unknown" : `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
const percent = (share: number | null | undefined) =>
  share == null ? "unknown" : `${Math.round(share * 100)} %`;
const two = (figure: number | null | undefined) => (figure == null ? "unknown" : figure.toFixed(2));

function Figures({ record: r }: { record: api.OwnRecord }) {
  return (
    <div class="tiles">
      <Tile says="Claims judged" figure={String(r.claims)}>
        {r.passed} passed, {r.failed} not; {r.taken_back} taken back, {r.sent_back} sent back
      </Tile>
      <Tile says="Pace" figure={pace(r.median_ms)}>
        median, from taking a claim to its verdict
      </Tile>
      <Tile says="Speech heard" figure={percent(r.heard_share)}>
        {r.speed === null ? "at an unknown speed" : `on average, at ${r.speed.toFixed(2)}×`}
      </Tile>
      <Agreement of={r.agreement} changed={r.changed_on_dispute} />
      <Tile says="Second reviews" figure={String(r.second_reviews_done)}>
        that you did of others’ verdicts
      </Tile>
    </div>
  );
}

function Agreement({ of, changed }: { of: api.Agreement; changed: number }) {
  if (of.n === 0)
    return (
      <Tile says="Agreement" figure="unknown">
        none of your verdicts was reviewed a second time yet; {changed} changed on dispute
      </Tile>
    );
  return (
    <Tile says="Agreement with second reviews" figure={percent(of.percent)}>
      n {of.n}, kappa {two(of.kappa)}, AC1 {two(of.ac1)}, yes in {percent(of.prevalence)}; {changed}{" "}
      changed on dispute
    </Tile>
  );
}

interface TileProps {
  says: string;
  figure: string;
  children: ComponentChildren;
}

const Tile = ({ says, figure, children }: TileProps) => (
  <div>
    <span class="label">{says}</span>
    <b>{figure}</b>
    <span class="small muted">{children}</span>
  </div>
);

const Days = ({ days }: { days: api.OwnRecord["days"] }) => (
  <section class="panel">
    <header>
      <h2>By day</h2>
      <span class="second">newest first</span>
    </header>
    <table class="stacking">
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col" class="num">
            Claims
          </th>
          <th scope="col" class="num">
            Passed
          </th>
          <th scope="col" class="num">
            Median time
          </th>
        </tr>
      </thead>
      <tbody>
        {days.map((d) => (
          <tr key={d.day}>
            <td>{day(d.day)}</td>
            <td class="num">{d.claims}</td>
            <td class="num">{d.passed}</td>
            <td class="num">{pace(d.median_ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);
