import * as api from "../api";
import { moment } from "../format";
import { useLoaded } from "../parts/load";
import { Empty, Loading, Trouble } from "../parts/states";

export function Lines() {
  const { value, problem, again } = useLoaded(api.unknownLines, "calls");
  return (
    <main id="main" class="page" tabIndex={-1}>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="coverage" />}
      {value && (
        <>
          <section class="panel tiles" aria-label="Coverage">
            <div><span class="label">Calls seen</span><b>{value.coverage.calls}</b></div>
            <div><span class="label">With a recording</span><b>{value.coverage.recorded}</b></div>
            <div><span class="label">With a gap</span><b>{value.coverage.with_gaps}</b></div>
          </section>
          <section class="panel">
            <header><h1>Lines that belong to nobody</h1></header>
            {value.lines.length === 0 ? <Empty title="Every line is known"><p>A line of which nobody is known appears here with its calls. Give it to somebody with <code>assay lines add</code>.</p></Empty> : (
              <table>
                <thead><tr><th scope="col">Line</th><th scope="col" class="num">Calls</th><th scope="col">Last call</th></tr></thead>
                <tbody>{value.lines.map((l) => <tr key={l.number}><td><b>{l.number}</b></td><td class="num">{l.calls}</td><td>{moment(l.last_at)}</td></tr>)}</tbody>
              </table>
            )}
          </section>
        </>
      )}
    </main>
  );
}
