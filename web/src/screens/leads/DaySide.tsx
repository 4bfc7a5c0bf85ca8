// Beside the work list: own money, own claims, and when one's own calls connect.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { many, month, sum } from "../../format";
import { useLoaded } from "../../parts/load";
import { Trouble } from "../../parts/states";
import { follow } from "../../route";
import { clockOf, percent, range, step } from "../report/slotWords";
import type { Own } from "../review/news";
import "./DaySide.css";

export const DaySide = ({ own }: { own: Own }) => (
  <aside class="day-side" aria-label="Your claims, money and slots">
    <Mine own={own} />
    <OwnSlots />
  </aside>
);

const WAITS: Partial<Record<api.Claim["state"], string>> = {
  open: "in the queue",
  in_review: "in review",
  sent_back: "came back to you",
};

/** What is open, newest first: without a verdict, sent back, or in dispute. */
const openOf = (claims: api.Claim[]) =>
  claims.filter((c) => WAITS[c.state] !== undefined || c.dispute?.state === "open");

function Mine({ own }: { own: Own }) {
  const load = useCallback(() => api.statement({}), []);
  const { value: statement } = useLoaded(load, "claims");
  const claims = own.claims.value?.claims;
  const open = openOf(claims ?? []);
  const undecided = open.filter((c) => c.state === "open" || c.state === "in_review");
  return (
    <section class="panel" aria-label="Your money and claims">
      <div class="tiles">
        {statement && (
          <div>
            <span class="label">Earned in {month(statement.period)}</span>
            <b>
              <a href="/statement" onClick={follow}>
                {statement.earned_this_period.length === 0
                  ? "nothing yet"
                  : sum(statement.earned_this_period)}
              </a>
            </b>
          </div>
        )}
        {claims && (
          <div>
            <span class="label">Undecided</span>
            <b>
              <a href="/claims" onClick={follow}>
                {many(undecided.length, "claim")}
              </a>
            </b>
          </div>
        )}
      </div>
      {open.length > 0 && (
        <ul class="mine">
          {open.slice(0, 5).map((c) => (
            <li key={c.id}>
              <a href={`/claims?claim=${c.number}`} onClick={follow}>
                {c.company}
              </a>
              <span class="second">
                {c.dispute?.state === "open" ? "in dispute" : WAITS[c.state]}
              </span>
            </li>
          ))}
        </ul>
      )}
      {open.length > 5 && <p class="pad second">{open.length - 5} more on My claims.</p>}
    </section>
  );
}

/** Own connects in a hundred calls, by slot of the day over all weekdays. */
function OwnSlots() {
  const load = useCallback(() => api.slots({}), []);
  const { value, problem, again } = useLoaded(load, "calls");
  return (
    <section class="panel" aria-labelledby="own-slots">
      <header>
        <h2 id="own-slots">When your calls connect</h2>
        <span class="end second">in 100 calls</span>
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {value && value.total.calls === 0 && (
        <p class="pad second">You have made no calls in four weeks that are counted.</p>
      )}
      {value && value.total.calls > 0 && <Slots value={value} />}
      <p class="pad small muted">
        {value &&
          value.total.calls > 0 &&
          `Your ${value.total.calls.toLocaleString()} calls of four weeks. Under ${value.fewest} calls no rate is told. `}
        Only you see this here.{" "}
        <a href="/slots" onClick={follow}>
          By weekday
        </a>
      </p>
    </section>
  );
}

function Slots({ value }: { value: api.SlotsReport }) {
  const highest = Math.max(0, ...value.slots.map((s) => s.rate?.rate ?? 0));
  const at = nowIn(value.zone);
  const current = value.slots.find((s) => s.start <= at && at < s.start + value.width);
  return (
    <div class="pad">
      <ol class="own-heat">
        {value.slots.map((s) => (
          <li
            key={s.start}
            class={s.rate ? `h${step(s.rate.rate, highest)}` : "few"}
            aria-current={s === current ? "time" : undefined}
          >
            <span class="at">{clockOf(s.start)}</span>{" "}
            <b>{s.rate ? Math.round(s.rate.rate * 100) : `n ${s.calls}`}</b>
          </li>
        ))}
      </ol>
      {current?.rate && (
        <p>
          <b>
            Now, {clockOf(current.start)} to {clockOf(current.start + value.width)}:{" "}
            {percent(current.rate.rate)}.
          </b>{" "}
          Range {range(current.rate)}.
        </p>
      )}
    </div>
  );
}

/** The minute of the day in a time zone. */
function nowIn(timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).formatToParts(new Date());
  const of = (type: string) => Number(parts.find((p) => p.type === type)?.value ?? 0);
  return of("hour") * 60 + of("minute");
}
