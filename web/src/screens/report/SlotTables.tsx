// The same figures as tables: by minute of the hour, by slot, by telemarketer, by the number shown.
import type { Rate, SlotsOf, SlotsPart, SlotsReport } from "../../api";
import { clockOf, percent, range } from "./slotWords";

export function SlotTables({ value }: { value: SlotsReport }) {
  const what = value.count === "meetings" ? "Meetings" : "Connects";
  return (
    <div class="stacked">
      <Parts
        value={value}
        title="By minute of the hour"
        parts={value.starts}
        name={(start) => `x:${String(start).padStart(2, "0")}`}
      />
      <details class="panel">
        <summary class="pad">By slot, all weekdays together</summary>
        <Parts value={value} parts={value.slots} name={clockOf} />
      </details>
      {value.prospects && (
        <p class="panel pad">
          {value.prospects.called.toLocaleString()}{" "}
          {value.prospects.called === 1 ? "number was" : "numbers were"} called, of which{" "}
          {value.prospects.reached.toLocaleString()} reached
          {value.prospects.rate &&
            value.prospects.called >= value.fewest &&
            `, ${percent(value.prospects.rate.rate, 1)} (${range(value.prospects.rate)})`}
          .
        </p>
      )}
      {value.people.length > 1 && (
        <Of title="By telemarketer" of={value.people} what={what} value={value} />
      )}
      {value.numbers.length > 0 && (
        <Of title="By the number shown" of={value.numbers} what={what} value={value} />
      )}
    </div>
  );
}

interface PartsProps {
  value: SlotsReport;
  title?: string;
  parts: SlotsPart[];
  name: (start: number) => string;
}

function Parts({ value, title, parts, name }: PartsProps) {
  const meetings = value.count === "meetings";
  const adjusted = parts.some((p) => p.adjusted);
  const numbers = parts.some((p) => p.prospects);
  const highest = Math.max(0.01, ...parts.map((p) => p.rate?.high ?? 0));
  const table = (
    <table class="cards">
      <caption class="vh">{title ?? "By slot"}</caption>
      <thead>
        <tr>
          <th scope="col">Start</th>
          <th scope="col" class="num">
            Calls
          </th>
          <th scope="col" class="num">
            Of all calls
          </th>
          <th scope="col" class="num">
            {meetings ? "Meetings" : "Connects"}
          </th>
          <th scope="col" class="num">
            Of all {meetings ? "meetings" : "connects"}
          </th>
          <th scope="col" class="num">
            Rate
          </th>
          <th scope="col">95 % interval</th>
          {adjusted && (
            <th scope="col" class="num">
              Adjusted
            </th>
          )}
          {numbers && (
            <th scope="col" class="num">
              Numbers reached
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {parts.map((p) => (
          <tr key={p.start}>
            <th scope="row">{name(p.start)}</th>
            <td data-head="Calls" class="num">
              {p.calls.toLocaleString()}
            </td>
            <td data-head="Of all calls" class="num">
              {percent(p.share_of_calls)}
            </td>
            <td data-head={meetings ? "Meetings" : "Connects"} class="num">
              {(meetings ? p.meetings : p.connects).toLocaleString()}
            </td>
            <td data-head={`Of all ${meetings ? "meetings" : "connects"}`} class="num">
              <b>{p.share === null ? "none" : percent(p.share)}</b>
            </td>
            <td data-head="Rate" class="num">
              {p.rate ? <b>{percent(p.rate.rate, 1)}</b> : "too few"}
            </td>
            <td data-head="95 % interval">
              {p.rate ? <Range rate={p.rate} highest={highest} /> : ""}
            </td>
            {adjusted && (
              <td data-head="Adjusted" class="num">
                {p.adjusted ? percent(p.adjusted.rate, 1) : "too few"}
              </td>
            )}
            {numbers && (
              <td data-head="Numbers reached" class="num">
                {p.prospects?.rate ? (
                  <>
                    <b>{percent(p.prospects.rate.rate, 1)}</b>{" "}
                    <small class="second">
                      {p.prospects.reached.toLocaleString()} of{" "}
                      {p.prospects.called.toLocaleString()}, {range(p.prospects.rate)}
                    </small>
                  </>
                ) : (
                  "too few"
                )}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
  if (!title) return table;
  return (
    <section class="panel" aria-label={title} tabIndex={0}>
      <header>
        <h2>{title}</h2>
      </header>
      {table}
    </section>
  );
}

/** The interval as a line with its rate as a dot, and in figures. */
function Range({ rate, highest }: { rate: Rate; highest: number }) {
  const at = (share: number) => `${(share / highest) * 100}%`;
  return (
    <>
      <span class="range" aria-hidden="true">
        <u style={{ left: at(rate.low), width: at(rate.high - rate.low) }} />
        <i style={{ left: at(rate.rate) }} />
      </span>
      <small class="second">{range(rate)}</small>
    </>
  );
}

interface OfProps {
  title: string;
  of: SlotsOf[];
  what: string;
  value: SlotsReport;
}

function Of({ title, of, what, value }: OfProps) {
  const highest = Math.max(0.01, ...of.map((o) => o.rate?.high ?? 0));
  return (
    <section class="panel" aria-label={title} tabIndex={0}>
      <header>
        <h2>{title}</h2>
      </header>
      <table class="cards">
        <caption class="vh">{title}</caption>
        <thead>
          <tr>
            <th scope="col">{title.replace("By t", "T").replace("By the n", "N")}</th>
            <th scope="col" class="num">
              Calls
            </th>
            <th scope="col" class="num">
              {what}
            </th>
            <th scope="col" class="num">
              Rate
            </th>
            <th scope="col">95 % interval</th>
          </tr>
        </thead>
        <tbody>
          {of.map((o) => (
            <tr key={o.id}>
              <th scope="row">{o.name === "" ? "none shown" : o.name}</th>
              <td data-head="Calls" class="num">
                {o.calls.toLocaleString()}
              </td>
              <td data-head={what} class="num">
                {(value.count === "meetings" ? o.meetings : o.connects).toLocaleString()}
              </td>
              <td data-head="Rate" class="num">
                {o.rate ? <b>{percent(o.rate.rate, 1)}</b> : "too few"}
              </td>
              <td data-head="95 % interval">
                {o.rate ? <Range rate={o.rate} highest={highest} /> : ""}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
