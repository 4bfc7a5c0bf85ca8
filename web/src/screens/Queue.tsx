import * as api from "../api";
import { go } from "../app";
import { ago, moment } from "../format";
import { useLoaded } from "../parts/load";
import { Empty, Loading, Trouble } from "../parts/states";

export function Queue() {
  const { value, problem, again } = useLoaded(api.queue, "queue");
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header><h1>Queue</h1><span class="second">claims that you may judge, oldest first</span><button class="btn primary end" onClick={() => go("/review")}>Review the oldest</button></header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="the queue" />}
        {value?.claims.length === 0 && <Empty title="Nothing waits"><p>New claims appear here by themselves.</p></Empty>}
        {value && value.claims.length > 0 && (
          <table>
            <thead><tr><th scope="col">Claim</th><th scope="col">Company</th><th scope="col">Campaign</th><th scope="col">Claimed</th><th scope="col" class="num">Waiting</th></tr></thead>
            <tbody>
              {value.claims.map((c) => <tr key={c.id}><td>C-{c.number}</td><td><b>{c.company}</b></td><td>{c.campaign}</td><td>{moment(c.created_at)}</td><td class="num">{ago(c.created_at)}</td></tr>)}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}
