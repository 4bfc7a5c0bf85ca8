// Checklists: what a qualified lead is, by version. Two heads sign by name; then it is in force and never changes.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { day } from "../../format";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Builder } from "./Builder";
import { Preview } from "./Preview";
import { moved } from "./compare";

const STATES = {
  draft: "Draft",
  half_signed: "Waits for one signature",
  in_force: "In force",
  replaced: "Replaced",
};

/** What is being changed: a draft by its version, or something new. */
interface Work {
  version?: string;
  list: api.Checklist;
}

export function Checklists({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.checklists);
  const [work, setWork] = useState<Work>();
  const [shown, show] = useState<api.Version & { checklist: api.Checklist }>();
  const [trouble, setTrouble] = useState<api.Problem>();
  const may = me.role !== "reviewer";
  const read = async (
    id: string,
    then: (v: api.Version & { checklist: api.Checklist }) => void,
  ) => {
    const r = await api.checklist(id);
    setTrouble(r.ok ? undefined : r.problem);
    if (r.ok) then(r.value);
  };
  const upload = async (file: File | undefined) => {
    if (!file) return;
    const r = await api.checkChecklist({ toml: await file.text() });
    setTrouble(r.ok ? undefined : r.problem);
    if (r.ok) setWork({ list: r.value.checklist });
  };
  if (work)
    return (
      <Builder
        list={work.list}
        version={work.version}
        done={() => {
          setWork(undefined);
          show(undefined);
          again();
        }}
      />
    );
  return (
    <main id="main" class="page with-side" tabIndex={-1}>
      <div class="stack wide-items">
        {trouble && <Trouble problem={trouble} />}
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="checklists" />}
        {value?.checklists.length === 0 && (
          <section class="panel">
            <Empty title="No checklist yet" />
          </section>
        )}
        {value?.checklists.map((c) => (
          <section key={c.id} class="panel">
            <header>
              <h1>{c.name}</h1>
              <span class="second">
                {c.campaigns.length > 0
                  ? `used by ${c.campaigns.join(", ")}`
                  : "not used by a campaign yet"}
              </span>
              {may && c.versions[0] && (
                <button
                  class="btn end"
                  onClick={() =>
                    c.versions[0] &&
                    void read(c.versions[0].id, (v) => setWork({ list: v.checklist }))
                  }
                >
                  New version
                </button>
              )}
            </header>
            {c.review_due && (
              <p class="note trouble" role="status">
                The two heads meant to look at this checklist again by now. Begin a new version,
                changed or as it is, and sign it.
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
                {c.versions.map((v) => (
                  <tr key={v.id} aria-selected={v.id === shown?.id}>
                    <td>
                      <button class="link" onClick={() => void read(v.id, show)}>
                        <b>v{v.version}</b>
                      </button>
                    </td>
                    <td>
                      <State shape={v.state === "in_force" ? "pass" : "open"}>
                        {STATES[v.state]}
                      </State>
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
                        <button class="btn" onClick={() => void read(v.id, show)}>
                          Read
                        </button>
                        {may && v.state === "draft" && (
                          <button
                            class="btn"
                            onClick={() =>
                              void read(v.id, (x) => setWork({ version: v.id, list: x.checklist }))
                            }
                          >
                            Change
                          </button>
                        )}
                        <a class="btn" href={api.checklistFile(v.id)} download>
                          TOML
                        </a>
                      </div>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        ))}
        {may && value && (
          <section class="panel">
            <header>
              <h2>Another checklist</h2>
            </header>
            <div class="pad wrap">
              <button class="btn" onClick={() => setWork({ list: { name: "", criteria: [] } })}>
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
          </section>
        )}
      </div>
      <aside class="panel" aria-label="The version">
        {shown && value ? (
          <Shown
            key={shown.id}
            version={shown}
            of={value}
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

function Shown({
  version,
  of,
  again,
}: {
  version: api.Version & { checklist: api.Checklist };
  of: api.ChecklistList;
  again: () => void;
}) {
  const others =
    of.checklists
      .find((c) => c.versions.some((v) => v.id === version.id))
      ?.versions.filter((v) => v.id !== version.id) ?? [];
  const [other, setOther] = useState<api.Version & { checklist: api.Checklist }>();
  const compare = (id: string) =>
    void api.checklist(id).then((r) => setOther(r.ok ? r.value : undefined));
  return (
    <>
      <header>
        <h2>
          {version.checklist.name} v{version.version}
        </h2>
        <span class="end">
          <State shape={version.state === "in_force" ? "pass" : "open"}>
            {STATES[version.state]}
          </State>
        </span>
      </header>
      <Preview list={version.checklist.criteria} />
      {others.length > 0 && (
        <div class="pad stack">
          <label class="field">
            <span>What moved since</span>
            <select class="in" onChange={(e) => compare(e.currentTarget.value)}>
              <option value="">choose a version</option>
              {others.map((v) => (
                <option key={v.id} value={v.id}>
                  v{v.version}
                </option>
              ))}
            </select>
          </label>
          {other && (
            <ul class="moved" aria-label={`Changes from v${other.version}`}>
              {moved(other.checklist, version.checklist).map((m) => (
                <li key={m}>{m}</li>
              ))}
              {moved(other.checklist, version.checklist).length === 0 && <li>Nothing.</li>}
            </ul>
          )}
        </div>
      )}
      <Sign version={version} of={of} again={again} />
    </>
  );
}

function Sign({
  version,
  of,
  again,
}: {
  version: api.Version;
  of: api.ChecklistList;
  again: () => void;
}) {
  const [problem, setProblem] = useState<api.Problem>();
  if (version.in_force_from)
    return (
      <p class="pad second small">
        Signed by {version.signed_by_marketing} and {version.signed_by_sales}. It never changes;
        verdicts name it by its hash {version.sha256.slice(0, 12)}.
      </p>
    );
  const mine =
    of.head_of === "marketing"
      ? version.signed_by_marketing
      : of.head_of === "sales"
        ? version.signed_by_sales
        : undefined;
  if (of.head_of === null)
    return (
      <p class="pad second">
        It comes into force when the heads of marketing and sales have both signed it.
      </p>
    );
  if (mine)
    return (
      <p class="pad second">You have signed. It comes into force with the other head’s name.</p>
    );
  const sign = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const on = String(form.get("review_on"));
    const r = await api.signChecklist(version.id, {
      name: String(form.get("name")),
      sha256: version.sha256,
      review_on: on ? new Date(on).toISOString() : null,
    });
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) again();
  };
  return (
    <form class="pad stack" onSubmit={sign} aria-label="Sign this version">
      <h3>Sign for {of.head_of}</h3>
      <label class="field">
        <span>Your name, written out</span>
        <input class="in" name="name" placeholder={of.name} autoComplete="off" required />
      </label>
      <label class="field">
        <span>Look at it again on</span>
        <input class="in" name="review_on" type="date" />
      </label>
      {problem && <Trouble problem={problem} />}
      <button class="btn primary large">Sign v{version.version}</button>
    </form>
  );
}
