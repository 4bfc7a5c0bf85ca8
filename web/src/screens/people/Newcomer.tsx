// Somebody new, and a new client.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";

const ROLES: [api.Me["role"], string][] = [
  ["telemarketer", "calls, and claims leads"],
  ["reviewer", "listens and judges"],
  ["sales", "takes leads that passed"],
  ["marketing", "brings leads and sources"],
  ["manager", "approves plans, rules, reads reports"],
  ["admin", "runs the box"],
];
type Basis = api.SomebodyElse["pay_basis"];
const PAY: [Basis, string][] = [
  ["fixed", "on nothing that a verdict decides"],
  ["commission", "on claims that pass"],
  ["qualified_leads", "on the number of qualified leads"],
  ["pipeline", "on the pipeline that came of them"],
];

interface Props {
  clients: api.ClientName[];
  added: (name: string, password: string) => void;
  /** A client was added. */
  again: () => void;
}

export function Newcomer({ clients, added, again }: Props) {
  const [problem, setProblem] = useState<api.Problem>();
  const foldRef = useRef<HTMLDetailsElement>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const name = String(data.get("name")).trim();
    const r = await api.addPerson({
      name,
      login: String(data.get("login")).trim(),
      role: String(data.get("role")) as api.Me["role"],
      pay_basis: String(data.get("pay_basis")) as Basis,
      clients: clients.filter((c) => data.has(c.id)).map((c) => c.id),
    });
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    form.reset();
    if (foldRef.current) foldRef.current.open = false;
    added(name, r.value.password);
  };
  return (
    <>
      <details class="fold" ref={foldRef}>
        <summary>Add somebody</summary>
        <form class="pad stack" onSubmit={(e) => void submit(e)} aria-label="Add somebody">
          <label class="field">
            <span>Name</span>
            <input class="in" name="name" required maxLength={120} autocomplete="off" />
          </label>
          <label class="field">
            <span>Login, without spaces</span>
            <input
              class="in"
              name="login"
              required
              maxLength={64}
              pattern="\S+"
              autocomplete="off"
              autocapitalize="none"
            />
          </label>
          <label class="field">
            <span>What do they do?</span>
            <select class="in" name="role">
              {ROLES.map(([role, what]) => (
                <option key={role} value={role}>
                  {role}: {what}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>What does their pay hang on? Who judges hangs on nothing.</span>
            <select class="in" name="pay_basis">
              {PAY.map(([basis, what]) => (
                <option key={basis} value={basis}>
                  {what}
                </option>
              ))}
            </select>
          </label>
          <fieldset class="own stack wide">
            <legend>Whose data do they see?</legend>
            {clients.length === 0 && <p class="second">No client yet: add one below.</p>}
            {clients.map((c) => (
              <label key={c.id} class="topic">
                <input type="checkbox" name={c.id} />
                <span>{c.name}</span>
              </label>
            ))}
          </fieldset>
          {problem && <Trouble problem={problem} />}
          <div class="wrap">
            <button class="btn primary">Add them</button>
          </div>
        </form>
      </details>
      <NewClient again={again} />
    </>
  );
}

function NewClient({ again }: { again: () => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const [said, say] = useState("");
  const foldRef = useRef<HTMLDetailsElement>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const r = await api.addClient(String(new FormData(form).get("client")).trim());
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    form.reset();
    if (foldRef.current) foldRef.current.open = false;
    say(`${r.value.name} is a client now.`);
    again();
  };
  return (
    <>
      <details class="fold" ref={foldRef}>
        <summary>Add a client</summary>
        <form class="pad stack" onSubmit={(e) => void submit(e)} aria-label="Add a client">
          <label class="field">
            <span>Whose leads are called?</span>
            <input class="in" name="client" required maxLength={120} autocomplete="off" />
          </label>
          {problem && <Trouble problem={problem} />}
          <div class="wrap">
            <button class="btn primary">Add it</button>
          </div>
        </form>
      </details>
      <span class="vh" role="status">
        {said}
      </span>
    </>
  );
}
