// The heat map by weekday and slot, with shares below it on the same axis; the figure is printed in each cell.
import { useState } from "preact/hooks";
import type { SlotsCell, SlotsReport } from "../../api";
import { cellWords, clockOf, step, WEEKDAYS } from "./slotWords";

const hits = (value: SlotsReport, of: { connects: number; meetings: number }) =>
  value.count === "meetings" ? of.meetings : of.connects;

export function Heat({ value }: { value: SlotsReport }) {
  const starts = value.slots.map((s) => s.start);
  const days = [...new Set(value.cells.map((c) => c.weekday))].sort((a, b) => a - b);
  const cells = new Map(value.cells.map((c) => [`${c.weekday} ${c.start}`, c]));
  const highest = Math.max(0, ...value.cells.map((c) => c.rate?.rate ?? 0));
  const [at, look] = useState<SlotsCell>();
  const words = at && cellWords(at, hits(value, at), value.width, value.count);
  const what = value.count === "meetings" ? "Meetings" : "Connects";
  return (
    <section class="panel" aria-labelledby="heat">
      <div class="read">
        <h2 id="heat">{what} in 100 calls</h2>
        <output>
          {words ? (
            <>
              <b>{words.head}</b> {words.rest}
            </>
          ) : (
            <>
              {value.total.calls.toLocaleString()} calls,{" "}
              {hits(value, value.total).toLocaleString()} {what.toLowerCase()}
            </>
          )}
        </output>
      </div>
      <div
        class="plot"
        tabIndex={0}
        role="region"
        aria-label="By weekday and slot"
        style={`--slots: ${starts.length}`}
      >
        <div class="inner">
          <table class="heat">
            <caption class="vh">{what} in 100 calls, by weekday and slot start</caption>
            <thead>
              <tr>
                <th scope="col">
                  <span class="vh">Weekday</span>
                </th>
                {starts.map((start, i) => (
                  <th key={start} scope="col">
                    <b aria-hidden="true">
                      {i === 0 || Math.floor(start / 60) !== Math.floor((starts[i - 1] ?? 0) / 60)
                        ? Math.floor(start / 60)
                        : ""}
                    </b>
                    <span aria-hidden="true">:{clockOf(start).slice(3)}</span>
                    <span class="vh">{clockOf(start)}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.map((weekday) => (
                <tr key={weekday}>
                  <th scope="row">{WEEKDAYS[weekday]}</th>
                  {starts.map((start) => (
                    <Cell
                      key={start}
                      cell={cells.get(`${weekday} ${start}`)}
                      highest={highest}
                      look={look}
                    />
                  ))}
                </tr>
              ))}
              <tr class="total">
                <th scope="row">Calls</th>
                {value.slots.map((s) => (
                  <td key={s.start}>{s.calls}</td>
                ))}
              </tr>
            </tbody>
          </table>
          <Shares value={value} what={what} />
        </div>
      </div>
    </section>
  );
}

interface CellProps {
  cell: SlotsCell | undefined;
  highest: number;
  look: (cell: SlotsCell) => void;
}

function Cell({ cell, highest, look }: CellProps) {
  if (!cell)
    return (
      <td class="none">
        <span class="vh">no call</span>
      </td>
    );
  const shown = () => look(cell);
  if (!cell.rate)
    return (
      <td class="few" onMouseEnter={shown}>
        n {cell.calls}
      </td>
    );
  return (
    <td class={`h${step(cell.rate.rate, highest)}`} onMouseEnter={shown}>
      <b>{Math.round(cell.rate.rate * 100)}</b>
    </td>
  );
}

/** Share of calls beside share of what is counted; the table by minute and the one above say the same in figures. */
function Shares({ value, what }: { value: SlotsReport; what: string }) {
  const top = Math.max(0.01, ...value.slots.flatMap((s) => [s.share_of_calls, s.share ?? 0]));
  return (
    <div class="shares">
      <div class="second">
        <p>Share of all</p>
        <p>
          <i class="swatch" />
          calls
        </p>
        <p>
          <i class="swatch hits" />
          {what.toLowerCase()}
        </p>
      </div>
      <svg
        viewBox={`0 0 ${value.slots.length * 10} 60`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Shares of calls and ${what.toLowerCase()} by slot; the table below has them in figures`}
      >
        {value.slots.map((s, i) => {
          const [calls, made] = [s.share_of_calls, s.share ?? 0].map((x) => (x / top) * 58) as [
            number,
            number,
          ];
          return (
            <g key={s.start}>
              <rect class="calls" x={i * 10 + 1} y={60 - calls} width="3.6" height={calls} />
              <rect class="hits" x={i * 10 + 5} y={60 - made} width="3.6" height={made} />
            </g>
          );
        })}
      </svg>
    </div>
  );
}
