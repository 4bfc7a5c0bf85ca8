// What the box needs from somebody, and what to do about it.
import { useCallback, useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import "./Repairs.css";

/** How often it is asked again: nothing tells the page when a disk fills. */
const EVERY_MS = 60_000;

/** What is to be repaired; nothing before the box has answered, and where this is not one's to see. */
export function useRepairs(mine = true): api.Repair[] | undefined {
  const [found, set] = useState<api.Repair[]>();
  useEffect(() => {
    if (!mine) return;
    const ask = () => void api.repairs().then((r) => r.ok && set(r.value.repairs));
    ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => clearInterval(timer);
  }, [mine]);
  return found;
}

const PAGES: Partial<Record<api.Repair["kind"], [string, string]>> = {
  line: ["/coverage", "Coverage"],
  receiver: ["/messages", "Messages"],
};

export const RepairList = ({ repairs }: { repairs: api.Repair[] }) => (
  <ul class="repairs">
    {repairs.map((r) => (
      <li key={r.what}>
        <div>
          {r.level === "bad" ? <b class="late">{r.what}</b> : <span class="mark">{r.what}</span>}
          <span class="below">
            <Told text={r.todo} />
            {r.since && ` Last ${moment(r.since)}.`}
          </span>
        </div>
        <Way kind={r.kind} />
      </li>
    ))}
  </ul>
);

/** What stands between backticks is a command. */
const Told = ({ text }: { text: string }) => (
  <>{text.split("`").map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>
);

function Way({ kind }: { kind: api.Repair["kind"] }) {
  const page = PAGES[kind];
  return page ? (
    <a class="btn" href={page[0]} onClick={follow}>
      {page[1]}
    </a>
  ) : null;
}

export function Repairs() {
  const [state, set] = useState<{ value?: api.Repairs; problem?: api.Problem }>({});
  const again = useCallback(
    () => void api.repairs().then((r) => set(r.ok ? { value: r.value } : { problem: r.problem })),
    [],
  );
  useEffect(() => {
    again();
    const timer = setInterval(again, EVERY_MS);
    return () => clearInterval(timer);
  }, [again]);
  const { value, problem } = state;
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title">
        <h1>Repairs</h1>
        {value && <span class="second">as it stood {moment(value.now)}</span>}
      </div>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="what is to be repaired" />}
      {value && (
        <section class="panel" aria-label="To repair">
          {value.repairs.length > 0 ? (
            <RepairList repairs={value.repairs} />
          ) : (
            <Empty title="Nothing to repair">
              <p>
                The box records, has room, keys and a clock that is right, and every line is
                somebody’s. What <code>assay doctor</code> finds on the mirror port it says where it
                is run.
              </p>
            </Empty>
          )}
        </section>
      )}
    </main>
  );
}
