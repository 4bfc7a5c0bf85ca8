// Checklists: what a qualified lead is, by version. Two heads sign by name; then it is in force and
// never changes.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { day } from "../../format";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Builder } from "./Builder";
import { NewChecklist } from "./NewChecklist";
import { Trial } from "./Trial";
import { STATES, Version, type Whole } from "./Version";

/** What is being changed: a draft by its version, or something new of a client. */
interface Work {
  version?: string;
  client: string;
  list: api.Checklist;
  /** A further version of what has its name already. */
  named: boolean;
}

export function Checklists({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.checklists);
  const [work, setWork] = useState<Work>();
  const [shown, show] = useState<Whole>();
  const [trouble, setTrouble] = useState<api.Problem>();
  const [trying, tryOn] = useState<Whole>();
  const may = me.role !== "reviewer";
  const read = async (id: string, then: (v: Whole) => void) => {
    const r = await api.checklist(id);
    setTrouble(r.ok ? undefined : r.problem);
    if (r.ok) then(r.value);
  };
  const begin = (version: string | undefined, client: string) => (v: Whole) =>
    setWork({ version, client, list: v.checklist, named: true });
  if (work)
    return (
      <Builder
        list={work.list}
        version={work.version}
        client={work.client}
        named={work.named}
        done={() => {
          setWork(undefined);
          show(undefined);
          again();
        }}
      />
    );
  if (trying) return <Trial version={trying} back={() => tryOn(undefined)} />;
  return (
    <main id="main" class="page with-side" tabIndex={-1}>
      <div class="stack wide-items">
        {trouble && <Trouble problem={trouble} />}
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="checklists" />}
        {value?.checklists.length === 0 && (
          <section class="panel">
            <Empty title="No checklist yet">
              <p>A claim is judged by its client’s checklist. Begin one, and two heads sign it.</p>
            </Empty>
          </section>
        )}
        {value?.checklists.map((c) => (
          <One
            key={c.id}
            list={c}
            shown={shown?.id}
            may={may}
            read={(id) => void read(id, show)}
            begin={(id) => void read(id, begin(undefined, c.client_id))}
            change={(id) => void read(id, begin(id, c.client_id))}
          />
        ))}
        {may && value && (
          <NewChecklist
            clients={me.clients}
            begin={(client, list) => setWork({ client, list, named: false })}
          />
        )}
      </div>
      <aside class="panel" aria-label="The version">
        {shown && value ? (
          <Version
            key={shown.id}
            version={shown}
            of={value}
            tryOn={may ? () => tryOn(shown) : undefined}
            again={() => {
              again();
              void read(shown.id, show);
            }}
          />
        ) : (
          <Empty title="No version chosen">
            <p>Read one to see it as a reviewer does, to compare it and to sign it.</p>
          </Empty>
        )}
      </aside>
    </main>
  );
}

interface OneProps {
  list: api.ChecklistList["checklists"][number];
  shown: string | undefined;
  may: boolean;
  read: (version: string) => void;
  /** Begins a new version with this one's rows. */
  begin: (version: string) => void;
  change: (version: string) => void;
}

function One(props: OneProps) {
  const { list, may, begin } = props;
  const newest = list.versions[0];
  return (
    <section class="panel">
      <header>
        <h1>{list.name}</h1>
        <span class="tag">{list.client}</span>
        <span class="second">
          {list.campaigns.length > 0
            ? `used by ${list.campaigns.join(", ")}`
            : "not used by a campaign yet"}
        </span>
        {may && newest && (
          <button class="btn end" onClick={() => begin(newest.id)}>
            New version
          </button>
        )}
      </header>
      {list.review_due && (
        <p class="note trouble" role="status">
          The two heads meant to look at this checklist again by now. Begin a new version, changed
          or as it is, and sign it.
        </p>
      )}
      <table class="stacking">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">State</th>
            <th scope="col">Signed</th>
            <th scope="col">Look again on</th>
            <th scope="col">
              <span class="vh">Act</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.versions.map((v) => (
            <VersionRow key={v.id} {...props} v={v} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function VersionRow({ v, shown, may, read, change }: OneProps & { v: api.Version }) {
  return (
    <tr aria-selected={v.id === shown}>
      <td>
        <button class="link" onClick={() => read(v.id)}>
          <b>v{v.version}</b>
        </button>
      </td>
      <td>
        <State shape={v.state === "in_force" ? "pass" : "open"}>{STATES[v.state]}</State>
        {v.in_force_from && (
          <>
            <br />
            <span class="muted small">since {day(v.in_force_from)}</span>
          </>
        )}
      </td>
      <td>
        {v.signed_by_marketing ?? <span class="muted">marketing: not yet</span>}
        <br />
        {v.signed_by_sales ?? <span class="muted">sales: not yet</span>}
      </td>
      <td>{v.review_on ? day(v.review_on) : <span class="muted">not set</span>}</td>
      <td>
        <div class="wrap">
          <button class="btn" onClick={() => read(v.id)}>
            Read
          </button>
          {may && v.state === "draft" && (
            <button class="btn" onClick={() => change(v.id)}>
              Change
            </button>
          )}
          <a class="btn" href={api.checklistFile(v.id)} download>
            TOML
          </a>
        </div>
      </td>
    </tr>
  );
}
