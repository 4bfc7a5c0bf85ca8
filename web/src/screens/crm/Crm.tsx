// Clients' CRMs: where each is, whether it works, and a test. Administrators set them up.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { CrmForm } from "./CrmForm";
import { OneCrm } from "./OneCrm";

export function Crm({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.crms, "messages");
  const [said, say] = useState("");
  const acts = me.role === "admin";
  const done = (what: string) => {
    say(what);
    again();
  };
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title">
        <h1>CRM</h1>
        <span class="second">leads that were handed over, written into each client’s CRM</span>
        <span class="vh" role="status">
          {said}
        </span>
      </div>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="CRMs" />}
      {value && acts && <SetUp all={value} done={done} />}
      {value && (
        <section class="panel" aria-labelledby="crms">
          <header>
            <h2 id="crms">Where leads are written</h2>
          </header>
          {value.crms.length === 0 && (
            <Empty title="No lead is written anywhere yet">
              <p>
                {acts
                  ? "Choose a client above, and say where its CRM is."
                  : "An administrator sets a client’s CRM up."}
              </p>
            </Empty>
          )}
          {value.crms.map((crm) => (
            <OneCrm key={crm.client} crm={crm} all={value} acts={acts} done={done} />
          ))}
        </section>
      )}
    </main>
  );
}

/** For a client that has none yet. */
function SetUp({ all, done }: { all: api.Crms; done: (said: string) => void }) {
  const without = all.clients.filter((c) => !all.crms.some((crm) => crm.client === c.id));
  const [open, setOpen] = useState(false);
  const [client, choose] = useState("");
  const chosen = without.find((c) => c.id === client) ?? without[0];
  if (!chosen) return null;
  return (
    <details
      class="panel fold"
      open={open}
      onToggle={(e) => setOpen((e.currentTarget as HTMLDetailsElement).open)}
    >
      <summary>Set a CRM up</summary>
      <div class="pad stack">
        <label class="field">
          <span>Whose?</span>
          <select class="in" value={chosen.id} onChange={(e) => choose(e.currentTarget.value)}>
            {without.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <CrmForm
        key={chosen.id}
        all={all}
        client={chosen.id}
        name={chosen.name}
        saved={() => {
          setOpen(false);
          done(`${chosen.name}’s CRM is set up. Test it.`);
        }}
      />
    </details>
  );
}
