// What is late, by whose work it is, for the manager.
import * as api from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { OverSeven } from "./OverSeven";
import { counted, timeLeft } from "./words";
import "./Day.css";

const work = () => api.work();

const EVERYBODY = "everybody: it was promised that nobody is singled out";

export function FollowUp() {
  const { value, problem, again } = useLoaded(work, "calls");
  const late = useLoaded(api.escalated, "calls");
  return (
    <main id="main" class="page" tabIndex={-1}>
      {value && (
        <section class="panel tiles" aria-label="Follow-up">
          <OverSeven count={value.over_7_days} />
          <div>
            <span class="label">Late</span>
            <b>
              <a href="/leads?view=late" onClick={follow}>
                {counted(value.late)} {value.late === 1 ? "lead" : "leads"}
              </a>
            </b>
          </div>
          <div>
            <span class="label">To do in all</span>
            <b>
              <a href="/leads?view=work" onClick={follow}>
                {counted(value.count ?? 0)} {value.count === 1 ? "lead" : "leads"}
              </a>
            </b>
          </div>
        </section>
      )}
      {problem && <Trouble problem={problem} again={again} />}
      <section class="panel">
        <header>
          <h1>Late, by person</h1>
          <span class="second">who agreed to call back, else who called last</span>
        </header>
        {late.problem && <Trouble problem={late.problem} again={late.again} />}
        {!late.value && !late.problem && <Loading what="what is late" />}
        {late.value?.people.length === 0 && (
          <Empty title="Nothing is late">
            <p>Every lead is within its source’s deadline, and every call back was made.</p>
          </Empty>
        )}
        {late.value && late.value.people.length > 0 && (
          <table class="stacking">
            <thead>
              <tr>
                <th scope="col">Whose</th>
                <th scope="col" class="num">
                  Leads
                </th>
                <th scope="col">The latest</th>
              </tr>
            </thead>
            <tbody>
              {late.value.people.map((p) => (
                <tr key={`${p.is_untold}${p.person_id}`}>
                  <td>{p.is_untold ? EVERYBODY : (p.name ?? "nobody has called yet")}</td>
                  <td class="num">{counted(p.leads)}</td>
                  <td>
                    {timeLeft(p.oldest, Date.parse(late.value?.now ?? p.oldest))}{" "}
                    <span class="muted small">{moment(p.oldest)}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}
