// Periods, and closing one: what is open, what would be paid, and the two people who lock it.
import * as api from "../../api";
import { day, isPeriod, month } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { Period } from "./Period";
import { personOf, StatementOf } from "./StatementOf";
import "./Close.css";

/** The period that an address names: `/close/2026-11`. */
const periodOf = (path: string): string | undefined =>
  [path.replace(/^\/close\//, "")].find(isPeriod);

export function closeTitle(path: string): string | undefined {
  if (personOf(path)) return "Statement";
  const name = periodOf(path);
  return name && `Close ${month(name)}`;
}

export function Close({ path }: { path: string }) {
  const [name, person] = [periodOf(path), personOf(path)];
  if (person) return <StatementOf key={person} person={person} />;
  return name ? <Period key={name} name={name} /> : <Periods />;
}

function Periods() {
  const { value, problem, again } = useLoaded(api.periods, "claims");
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Close a period</h1>
          <span class="second">two people lock it; what comes later stands in the next one</span>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="periods" />}
        {value?.periods.length === 0 && (
          <Empty title="Nothing was booked yet">
            <p>
              A period appears with its first line, ten seconds after a claim passes. See{" "}
              <a href={`/close/${value.current}`} onClick={follow}>
                what is open of {month(value.current)}
              </a>
              .
            </p>
          </Empty>
        )}
        {value && value.periods.length > 0 && <List periods={value} />}
      </section>
    </main>
  );
}

function List({ periods }: { periods: api.Periods }) {
  const { current, zone } = periods;
  const known = periods.periods.some((p) => p.name === current);
  const all = known ? periods.periods : [{ name: current, locked_at: null }, ...periods.periods];
  return (
    <table class="stacking">
      <thead>
        <tr>
          <th scope="col">Period</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {all.map((p) => (
          <tr key={p.name}>
            <td>
              <a href={`/close/${p.name}`} onClick={follow}>
                <b>{month(p.name)}</b>
              </a>
            </td>
            <td>
              {p.locked_at ? (
                `locked on ${day(p.locked_at, zone)}`
              ) : p.name < current ? (
                <span class="mark">over, and still open</span>
              ) : known || p.name !== current ? (
                "open until its month has ended"
              ) : (
                "open, nothing booked in it yet"
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
