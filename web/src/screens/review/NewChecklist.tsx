// A checklist of a client, begun: with nothing, with a shipped one that is copied, or with a file.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";

interface Props {
  clients: api.Me["clients"];
  begin: (client: string, list: api.Checklist) => void;
}

export function NewChecklist({ clients, begin }: Props) {
  const [client, setClient] = useState(clients.length === 1 ? (clients[0]?.id ?? "") : "");
  const [problem, setProblem] = useState<api.Problem>();
  const upload = async (file: File | undefined) => {
    if (!file) return;
    const r = await api.checkChecklist({ toml: await file.text() });
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) begin(client, r.value.checklist);
  };
  if (clients.length === 0)
    return (
      <Panel>
        <p class="second">
          A checklist belongs to a client, and you belong to none. The administrator can enter you.
        </p>
      </Panel>
    );
  return (
    <Panel>
      <label class="field">
        <span>For which client?</span>
        <select class="in" value={client} onChange={(e) => setClient(e.currentTarget.value)}>
          {clients.length > 1 && <option value="">Choose the client first</option>}
          {clients.map((c) => (
            <option key={c.id} value={c.id}>
              {c.name}
            </option>
          ))}
        </select>
      </label>
      {client && (
        <div class="wrap">
          <Templates begin={(list) => begin(client, list)} />
          <button class="btn" onClick={() => begin(client, { name: "", criteria: [] })}>
            Begin with nothing
          </button>
          <label class="btn">
            From a TOML file
            <input
              class="vh"
              type="file"
              accept=".toml,text/plain"
              onChange={(e) => void upload(e.currentTarget.files?.[0])}
            />
          </label>
        </div>
      )}
      {problem && <Trouble problem={problem} />}
    </Panel>
  );
}

const Panel = ({ children }: { children: ComponentChildren }) => (
  <section class="panel">
    <header>
      <h2>Another checklist</h2>
    </header>
    <div class="pad stack">{children}</div>
  </section>
);

/** Copies, not shares: what one client changes is nobody else's. */
function Templates({ begin }: { begin: (list: api.Checklist) => void }) {
  const [shipped, set] = useState<api.Template[]>([]);
  useEffect(() => void api.templates().then((r) => r.ok && set(r.value.templates)), []);
  return (
    <>
      {shipped.map((t) => (
        <button key={t.name} class="btn" onClick={() => begin(t.checklist)}>
          Copy the template {t.name}
        </button>
      ))}
    </>
  );
}
