// Lists of leads come in: choose the file, look at it, take it in; and what came in before.
import { useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { many, moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { ImportForm } from "./ImportForm";
import "./Leads.css";

const EVERY_MS = 1_000;

export function Imports() {
  const { value, problem, again } = useLoaded(api.imports);
  const running = value?.imports.some((i) => !i.ended_at) ?? false;
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(again, EVERY_MS);
    return () => clearInterval(timer);
  }, [running, again]);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Import leads</h1>
          <span class="second">CSV of any separator; a bad row costs only itself</span>
        </header>
        <ImportForm begun={again} />
      </section>
      <section class="panel">
        <header>
          <h2>Lists that came in</h2>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="lists" />}
        {value?.imports.length === 0 && (
          <Empty title="No list yet">
            <p>Choose a file above. Nothing is stored before you have seen what becomes of it.</p>
          </Empty>
        )}
        {value && value.imports.length > 0 && (
          <table class="stacking">
            <thead>
              <tr>
                <th scope="col">List</th>
                <th scope="col">Campaign</th>
                <th scope="col">Came to</th>
                <th scope="col">
                  <span class="vh">Act</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {value.imports.map((i) => (
                <Row key={i.id} i={i} again={again} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}

const nameOf = (i: api.LeadImport) => i.file_name || "a list without a name";

const DAY_MS = 86_400_000;

/** What became of its leads, from the day before on: the house's midnight may not be the browser's. */
const resultsOf = (i: api.LeadImport) =>
  `/results/list/${i.id}?from=${new Date(Date.parse(i.began_at) - DAY_MS).toISOString().slice(0, 10)}`;

/** What a list came to, in words. */
function cameTo(i: api.LeadImport): string {
  const parts = [
    `${i.added} new`,
    `${i.changed} brought up to date`,
    ...(i.skipped > 0 ? [`${many(i.skipped, "duplicate")} left out`] : []),
    ...(i.joined > 0 ? [`${many(i.joined, "earlier call")} joined them`] : []),
  ];
  return parts.join(", ");
}

/** What undoing came to, in words. */
function undone({ gone, left, restored, kept, forgotten }: api.UndoneImport): string {
  const parts = [
    `${many(gone, "lead")} went`,
    ...(left > 0 ? [`${left} stay, because something hangs on them`] : []),
    ...(restored > 0
      ? [`${restored} brought up to date ${restored === 1 ? "is" : "are"} as before`]
      : []),
    ...(kept > 0 ? [`${kept} stay as they are, because they were changed since`] : []),
    ...(forgotten > 0 ? [unknown(forgotten)] : []),
  ];
  return `${parts.join("; ")}.`;
}

/** What is not known of so many leads that a list brought up to date, since it was taken in long ago. */
const unknown = (n: number) =>
  `what ${many(n, "lead")} that it brought up to date ${n === 1 ? "was" : "were"} before is no longer known, since that is kept for thirty days: ${n === 1 ? "it stays" : "they stay"} as ${n === 1 ? "it is" : "they are"}`;

/** The same before it is undone, or of one that was. */
const forgotten = (i: api.LeadImport) =>
  i.undone_at
    ? `Undone after more than thirty days: ${unknown(i.changed)}.`
    : `Undoing takes new leads back alone: ${unknown(i.changed)}.`;

function Row({ i, again }: { i: api.LeadImport; again: () => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const [said, say] = useState("");
  const undo = async () => {
    const r = await api.undoImport(i.id);
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    say(undone(r.value));
    again();
  };
  const done = i.added + i.changed + i.bad + i.skipped;
  return (
    <tr>
      <td>
        {i.ended_at ? (
          <a href={resultsOf(i)} onClick={follow} aria-label={`Results of ${nameOf(i)}`}>
            <b>{nameOf(i)}</b>
          </a>
        ) : (
          <b>{nameOf(i)}</b>
        )}
        <br />
        <span class="muted small">
          {moment(i.began_at)}
          {i.supplier && `, ${i.supplier}`}
        </span>
      </td>
      <td>{i.campaign}</td>
      <td>
        {cameTo(i)}
        {!i.ended_at && (
          <label class="small">
            <br />
            Under way: {done} of {i.total}{" "}
            <progress max={Math.max(1, i.total)} value={done} aria-label="Progress" />
          </label>
        )}
        {i.trouble && (
          <>
            <br />
            <span class="mark">It ended early: {i.trouble}. Send the same file again.</span>
          </>
        )}
        {i.undone_at && <span class="tag">undone</span>}
        {i.ended_at && i.is_forgotten && <p class="second small">{forgotten(i)}</p>}
        {i.skipped > 0 && (
          <>
            <br />
            <a href={api.duplicateRowsUrl(i.id)} download>
              {many(i.skipped, "duplicate")} left out, with line, reason and lead
            </a>
          </>
        )}
        {i.bad > 0 && (
          <>
            <br />
            <a href={api.badRowsUrl(i.id)} download>
              {i.bad} {i.bad === 1 ? "row" : "rows"} left out, with line and reason
            </a>
          </>
        )}
        {problem && <Trouble problem={problem} />}
        <span class="small" role="status">
          {said}
        </span>
      </td>
      <td class="num">
        {i.ended_at && !i.undone_at && i.added + i.changed > 0 && (
          <button class="btn" onClick={() => void undo()}>
            Undo<span class="vh"> {i.file_name}</span>
          </button>
        )}
      </td>
    </tr>
  );
}
