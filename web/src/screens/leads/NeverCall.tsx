// Numbers that are never to be called, and who was called all the same.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { many, moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import "./Leads.css";

export function NeverCall({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.suppressions);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Called though listed</h1>
          <span class="second">after the number was put on a list; the newest 200</span>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="lists" />}
        {value?.called.length === 0 && (
          <Empty title="Nobody was called though listed">
            <p>The wire is held against the lists below.</p>
          </Empty>
        )}
        {value && value.called.length > 0 && (
          <table class="stacking leads">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Number</th>
                <th scope="col">By</th>
                <th scope="col">List</th>
              </tr>
            </thead>
            <tbody>
              {value.called.map((c) => (
                <tr key={c.call}>
                  <td>{moment(c.started_at)}</td>
                  <td>{c.number}</td>
                  <td>{c.person ?? <span class="muted">not shown here</span>}</td>
                  <td>
                    {c.list}, {c.client}
                    <br />
                    <span class="muted small">since {moment(c.listed_at)}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section class="panel">
        <header>
          <h2>Lists</h2>
        </header>
        <AddList me={me} added={again} />
        {value && value.lists.length > 0 && (
          <ul class="pad stack">
            {value.lists.map((l) => (
              <li key={`${l.client_id}${l.list}`} class="wrap">
                <span>
                  <b>{l.list}</b>, {l.client}: {many(l.numbers, "number")}, the newest{" "}
                  {moment(l.newest)}
                </span>
                <Remove of={l} done={again} />
              </li>
            ))}
          </ul>
        )}
      </section>
    </main>
  );
}

function AddList({ me, added }: { me: api.Me; added: () => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const [said, say] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const file = fields.get("file");
    if (!(file instanceof File)) return;
    const client = String(fields.get("client") ?? "") || (me.clients[0]?.id ?? "");
    const r = await api.addSuppressions({ client, list: String(fields.get("list")) }, file);
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    const { added: fresh, numbers, left_out } = r.value;
    const first = left_out[0];
    say(
      `${many(numbers, "number")} read, ${fresh} of them new.` +
        (first
          ? ` Left out: ${many(left_out.length, "line")}, the first is line ${first.line}.`
          : ""),
    );
    form.reset();
    added();
  };
  return (
    <form class="pad source-form" onSubmit={(e) => void submit(e)} aria-label="Add a list">
      {me.clients.length > 1 && (
        <label class="field">
          <span>Client</span>
          <select class="in" name="client">
            {me.clients.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        <span>Name of the list</span>
        <input class="in" name="list" required maxLength={80} />
      </label>
      <label class="field">
        <span>File, a number in the first column of each line</span>
        <input class="in" name="file" type="file" required accept=".csv,.txt,text/plain,text/csv" />
      </label>
      <div class="wrap">
        <button class="btn primary">Add the numbers</button>
        <span class="second" role="status">
          {said}
        </span>
      </div>
      {problem && <Trouble problem={problem} />}
    </form>
  );
}

type Listed = api.Suppressions["lists"][number];

/** Asked once more: the numbers can be called again then. */
function Remove({ of, done }: { of: Listed; done: () => void }) {
  const [asking, ask] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const remove = () =>
    void api.removeSuppressions({ client: of.client_id, list: of.list }).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) done();
    });
  if (!asking)
    return (
      <button class="btn" onClick={() => ask(true)}>
        Take away …<span class="vh"> {of.list}</span>
      </button>
    );
  return (
    <>
      <button class="btn" onClick={() => ask(false)}>
        Keep it
      </button>
      <button class="btn" onClick={remove}>
        Take {many(of.numbers, "number")} off
      </button>
      {problem && <Trouble problem={problem} />}
    </>
  );
}
