// A number's weeks as a line with its 95 % band, what could be expected, and where its level changed; the table below it says the same.
import type { OurNumber } from "../../api";
import { changeWords, dayOf } from "./numberWords";
import { percent, range } from "./slotWords";

const DAY = 86_400_000;
const at = (day: string) => Date.parse(`${day}T00:00:00Z`);

export function Weeks({ number }: { number: OurNumber }) {
  const weeks = number.weeks.filter((w) => w.rate);
  return (
    <>
      {weeks.length > 1 && <Picture number={number} />}
      <details>
        <summary class="pad">The weeks in figures</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label="Weeks in figures">
          <table class="cards">
            <caption class="vh">Connects by week</caption>
            <thead>
              <tr>
                <th scope="col">Week from</th>
                {["Calls", "Connects", "Rate", "95 % interval", "Expected"].map((c) => (
                  <th key={c} scope="col" class="num">
                    {c}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {number.weeks.map((w) => (
                <tr key={w.day}>
                  <th scope="row">{dayOf(w.day)}</th>
                  <td data-head="Calls" class="num">
                    {w.calls.toLocaleString()}
                  </td>
                  <td data-head="Connects" class="num">
                    {w.connects.toLocaleString()}
                  </td>
                  <td data-head="Rate" class="num">
                    {w.rate ? percent(w.rate.rate, 1) : <i>too few</i>}
                  </td>
                  <td data-head="95 % interval" class="num">
                    {w.rate ? range(w.rate) : ""}
                  </td>
                  <td data-head="Expected" class="num">
                    {w.expected === null ? "" : percent(w.expected, 1)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

function Picture({ number }: { number: OurNumber }) {
  const weeks = number.weeks.flatMap((w) => (w.rate ? [{ ...w, rate: w.rate }] : []));
  const [first, last] = [weeks[0], weeks.at(-1)];
  if (!first || !last) return null;
  const [from, to] = [at(first.day), at(last.day) + 7 * DAY];
  const top = Math.max(0.01, ...weeks.map((w) => Math.max(w.rate.high, w.expected ?? 0))) * 1.08;
  const x = (time: number) => ((time - from) / (to - from)) * 1000;
  const middle = (day: string) => x(at(day) + 3.5 * DAY);
  const y = (rate: number) => 200 - (rate / top) * 200;
  const line = (rate: (w: (typeof weeks)[number]) => number) =>
    weeks.map((w) => `${middle(w.day).toFixed(1)},${y(rate(w)).toFixed(1)}`).join(" ");
  const band = `${line((w) => w.rate.high)} ${line((w) => w.rate.low)
    .split(" ")
    .reverse()
    .join(" ")}`;
  const place = (day: string) => Math.min(1000, Math.max(0, x(at(day))));
  return (
    <div class="weeks pad">
      <span class="axis" aria-hidden="true">
        <span>{percent(top, 0)}</span>
        <span>0 %</span>
      </span>
      <div class="drawn">
        <svg
          viewBox="0 0 1000 200"
          preserveAspectRatio="none"
          role="img"
          aria-label={`Rate of ${number.shown || "no number"} by week; the table below has it in figures`}
        >
          {number.changes.map((c) => (
            <rect
              key={c.day}
              class="unsure"
              x={place(c.first)}
              width={Math.max(3, place(c.last) + 1000 / (7 * weeks.length) - place(c.first))}
              y="0"
              height="200"
            />
          ))}
          <polygon class="band" points={band} />
          {number.against === "others" && (
            <polyline class="expected" points={line((w) => w.expected ?? 0)} />
          )}
          <polyline class="rate" points={line((w) => w.rate.rate)} />
          {number.changes.map((c) => (
            <line key={c.day} class="change" x1={place(c.day)} x2={place(c.day)} y1="0" y2="200" />
          ))}
        </svg>
        <div class="ends" aria-hidden="true">
          <span>{dayOf(first.day)}</span>
          <span>{dayOf(new Date(to - DAY).toISOString().slice(0, 10))}</span>
        </div>
      </div>
      <ul class="drawn-lines">
        <li>
          <i class="k-rate" /> connects in 100 calls, with its 95 % interval
        </li>
        {number.against === "others" && (
          <li>
            <i class="k-expected" /> expected of its calls
          </li>
        )}
        {number.changes.map((c) => (
          <li key={c.day}>
            <i class="k-change" /> {c.fell ? "fell" : "rose"} {changeWords(c)}
          </li>
        ))}
      </ul>
    </div>
  );
}
