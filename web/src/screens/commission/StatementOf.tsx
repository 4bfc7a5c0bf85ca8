// A telemarketer's statement, as their manager sees it: what is of the manager's clients alone.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { isPeriod, month } from "../../format";
import { useLoaded } from "../../parts/load";
import { Loading, Trouble } from "../../parts/states";
import { asked, follow, keep } from "../../route";
import { standing } from "./arithmetic";
import { Booked, Figures } from "./Statement";
import "./Statement.css";

/** The person that an address names: `/close/statement/ID`. */
export const personOf = (path: string): string | undefined =>
  /^\/close\/statement\/([^/]+)$/.exec(path)?.[1];

export function StatementOf({ person }: { person: string }) {
  const [period, setPeriod] = useState(() => [asked("period") ?? ""].find(isPeriod));
  const ask = useCallback(() => api.statementOf(person, { period }), [person, period]);
  const { value, problem, again } = useLoaded(ask, "claims");
  const plans = useLoaded(api.plans, "claims");
  const choose = (name: string) => {
    setPeriod(name);
    keep("period", name);
  };
  return (
    <main id="main" class="page statement" tabIndex={-1}>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="the statement" />}
      {value && (
        <>
          <div class="title">
            <h1>Statement of {value.payee}</h1>
            <select
              class="in"
              aria-label="Period"
              value={value.period}
              onChange={(e) => choose(e.currentTarget.value)}
            >
              {[...new Set([...value.periods, value.period])].map((name) => (
                <option key={name} value={name}>
                  {month(name)}
                </option>
              ))}
            </select>
            <span class="second" role="status">
              {standing(value)}; of your clients alone
            </span>
            <a class="end" href={`/close/${value.period}`} onClick={follow}>
              Close {month(value.period)}
            </a>
          </div>
          <Figures statement={value} />
          <Booked statement={value} plans={plans.value} claims={undefined} others />
        </>
      )}
    </main>
  );
}
