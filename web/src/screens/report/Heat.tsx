// The heat map by weekday and slot, with shares below it on the same axis; the figure is printed in each cell, and what it rests on
// is told of the one that the mouse, a finger or the arrow keys are on.
import { useState } from "preact/hooks";
import type { SlotsCell, SlotsReport } from "../../api";
import { many } from "../../format";
import { cellWords, clockOf, step, WEEKDAYS } from "./slotWords";

const hits = (value: SlotsReport, of: { connects: number; meetings: number }) =>
  value.count === "meetings" ? of.meetings : of.connects;

export function Heat({ value }: { value: SlotsReport }) {
  const starts = value.slots.map((s) => s.start);
  // Slots in which nobody called are left out, and a line says where.
  const gap = (i: number) => (i > 0 && starts[i]! - starts[i - 1]! > value.width ? "gap" : "");
  const days = [...new Set(value.cells.map((c) => c.weekday))].sort((a, b) => a - b);
  const cells = new Map(value.cells.map((c) => [`${c.weekday} ${c.start}`, c]));
  const [adjusted, adjust] = useState(false);
  const can = value.cells.some((c) => c.adjusted);
  const rateOf = (c: SlotsCell) =>
    adjusted && c.rate?.rate !== 0 ? c.adjusted?.rate : c.rate?.rate;
  const highest = Math.max(0, ...value.cells.map((c) => rateOf(c) ?? 0));
  const [at, look] = useState<SlotsCell>();
  const wordsOf = (cell: SlotsCell) => cellWords(cell, hits(value, cell), value.width, value.count);
  const words = at && wordsOf(at);
  const first = at ?? cells.get(`${days[0]} ${starts.find((s) => cells.has(`${days[0]} ${s}`))}`);
  const what = value.count === "meetings" ? "Meetings" : "Connects";
  return (
    <section class="panel" aria-labelledby="heat">
      <div class="read">
        <h2 id="heat">
          {what} in 100 calls{adjusted && ", adjusted"}
        </h2>
        {can && (
          <span class="wrap screen-only" role="group" aria-label="Rates">
            <button class="btn" aria-pressed={!adjusted} onClick={() => adjust(false)}>
              Raw
            </button>
            <button class="btn" aria-pressed={adjusted} onClick={() => adjust(true)}>
              Adjusted
            </button>
          </span>
        )}
        <output>
          {words ? (
            <>
              <b>{words.head}</b> {words.rest}
            </>
          ) : (
            <>
              {many(value.total.calls, "call")},{" "}
              {many(hits(value, value.total), what.toLowerCase().slice(0, -1))}
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
          <table class="heat" onKeyDown={walk}>
            <caption class="vh">{what} in 100 calls, by weekday and slot start</caption>
            <thead>
              <tr>
                <th scope="col">
                  <span class="vh">Weekday</span>
                </th>
                {starts.map((start, i) => (
                  <th key={start} scope="col" class={gap(i)}>
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
                  <th scope="row">
                    {WEEKDAYS[weekday]?.slice(0, 3)}
                    <span class="rest">{WEEKDAYS[weekday]?.slice(3)}</span>
                  </th>
                  {starts.map((start, i) => (
                    <Cell
                      key={start}
                      gap={gap(i)}
                      cell={cells.get(`${weekday} ${start}`)}
                      words={wordsOf}
                      rate={rateOf}
                      highest={highest}
                      first={cells.get(`${weekday} ${start}`) === first}
                      look={look}
                    />
                  ))}
                </tr>
              ))}
              <tr class="total">
                <th scope="row">Calls</th>
                {value.slots.map((s, i) => (
                  <td key={s.start} class={gap(i)}>
                    {s.calls}
                  </td>
                ))}
              </tr>
            </tbody>
          </table>
          <Shares value={value} what={what} />
        </div>
      </div>
      {value.cells.every((c) => !c.rate) && (
        <p class="pad" role="status">
          <b>No rate can be told by weekday and slot:</b> no cell has {value.fewest} calls. Choose
          more days or longer slots; the tables below have more calls to a line.
        </p>
      )}
      <Legend highest={highest} few={value.fewest} gaps={starts.some((_, i) => gap(i) !== "")} />
    </section>
  );
}

/** The arrow keys go from cell to cell; one of them is reached by Tab. */
function walk(e: KeyboardEvent) {
  const from = (e.target as HTMLElement).closest("td");
  const row = from?.parentElement as HTMLTableRowElement | undefined;
  const table = row?.closest("table");
  if (!from || !row || !table) return;
  const at = [from.cellIndex, row.rowIndex] as const;
  const steps: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  const by = steps[e.key];
  if (!by) return;
  e.preventDefault();
  // Where nobody called there is nothing to stop at.
  for (let [x, y] = at; ;) {
    [x, y] = [x + by[0], y + by[1]];
    const next = table.rows[y]?.cells[x];
    if (!next) return;
    if (next.hasAttribute("tabindex")) return next.focus();
  }
}

interface LegendProps {
  highest: number;
  few: number;
  /** Slots are left out. */
  gaps: boolean;
}

/** What the shades and lines mean. */
const Legend = ({ highest, few, gaps }: LegendProps) => (
  <p class="pad second small legend">
    {highest > 0 &&
      [0, 1, 2, 3, 4].map((n) => (
        <span key={n}>
          <i class={`h${n}`} /> {n === 0 ? "lowest" : n === 4 ? "highest" : ""}
        </span>
      ))}
    <span>
      <i class="few" /> under {few} calls: no rate
    </span>
    {gaps && (
      <span>
        <i class="gap" /> nobody called in between
      </span>
    )}
    {highest > 0 && <span>highest {Math.round(highest * 100)} in 100</span>}
  </p>
);

interface CellProps {
  cell: SlotsCell | undefined;
  words: (cell: SlotsCell) => { head: string; rest: string };
  /** What is shown of it; none where there are too few. */
  rate: (cell: SlotsCell) => number | undefined;
  highest: number;
  /** The class of a cell before which slots are left out. */
  gap: string;
  /** Tab comes to this one. */
  first: boolean;
  look: (cell: SlotsCell) => void;
}

function Cell({ cell, words, rate, highest, gap, first, look }: CellProps) {
  if (!cell)
    return (
      <td class={`none ${gap}`}>
        <span class="vh">no call</span>
      </td>
    );
  const { head, rest } = words(cell);
  const shown = () => look(cell);
  const of = rate(cell);
  return (
    <td
      class={`${of === undefined ? "few" : `h${step(of, highest)}`} ${gap}`}
      tabIndex={first ? 0 : -1}
      aria-label={`${head}, ${rest}`}
      onMouseEnter={shown}
      onFocus={shown}
      onClick={shown}
    >
      {of === undefined ? `n ${cell.calls}` : <b>{Math.round(of * 100)}</b>}
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
