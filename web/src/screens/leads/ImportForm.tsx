// A file is chosen, looked at with its columns, and taken in.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Preview } from "./Preview";

/** Shown once the campaigns are there: a form that lacks them could be filled in and would not go. */
export function ImportForm({ begun }: { begun: () => void }) {
  const { value, problem, again } = useLoaded(api.leadChoices);
  if (problem) return <Trouble problem={problem} again={again} />;
  if (!value) return <Loading what="campaigns" />;
  if (value.campaigns.length === 0)
    return (
      <Empty title="No campaign yet">
        <p>
          A list comes into a campaign. The first one is made on the box:{" "}
          <code>assay leads import FILE --campaign NAME</code>
        </p>
      </Empty>
    );
  return <Form {...{ begun }} campaigns={value.campaigns} />;
}

interface Props {
  campaigns: api.LeadChoices["campaigns"];
  begun: () => void;
}

function Form({ campaigns, begun }: Props) {
  const [file, setFile] = useState<File>();
  const [wanted, setWanted] = useState<api.ListWanted>({ campaign: "" });
  const [seen, setSeen] = useState<api.ImportPreview>();
  const [problem, setProblem] = useState<api.Problem>();
  const [busy, setBusy] = useState(false);
  const seenRef = useRef<HTMLHeadingElement>(null);
  const inputRef = useRef<HTMLInputElement>(null);
  const campaign = wanted.campaign || (campaigns[0]?.id ?? "");
  const look = async (columns?: string) => {
    if (!file) return;
    setBusy(true);
    const asked = { ...wanted, campaign, columns };
    const r = await api.previewImport(asked, file);
    setBusy(false);
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    setSeen(r.value);
    setWanted(asked);
    if (!columns) focusLater(() => seenRef.current);
  };
  const take = async (duplicates: string, companies: string) => {
    if (!file || !seen) return;
    setBusy(true);
    const pairs = seen.columns.flatMap((c) => (c.ours ? [[c.ours, c.name] as const] : []));
    const columns = JSON.stringify(Object.fromEntries(pairs));
    const r = await api.beginImport(
      { ...wanted, columns, file: file.name, duplicates, companies },
      file,
    );
    setBusy(false);
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    setSeen(undefined);
    setFile(undefined);
    if (inputRef.current) inputRef.current.value = "";
    begun();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void look();
  };
  return (
    <>
      <form class="pad source-form" onSubmit={submit} aria-label="Choose a list">
        <label class="field">
          <span>File</span>
          <input
            class="in"
            ref={inputRef}
            type="file"
            accept=".csv,.txt,.tsv,text/csv,text/plain"
            required
            onChange={(e) => {
              setFile(e.currentTarget.files?.[0]);
              setSeen(undefined);
            }}
          />
        </label>
        <label class="field">
          <span>Campaign</span>
          <select
            class="in"
            required
            value={campaign}
            onChange={(e) => setWanted({ ...wanted, campaign: e.currentTarget.value })}
          >
            {campaigns.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name}, {c.client}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Whose list it is (its columns are kept)</span>
          <input
            class="in"
            maxLength={80}
            value={wanted.supplier ?? ""}
            onInput={(e) => setWanted({ ...wanted, supplier: e.currentTarget.value })}
          />
        </label>
        <div class="wrap">
          <button class="btn primary" aria-disabled={busy || !file}>
            Look at it
          </button>
          <span class="second" role="status">
            {busy ? "Reading the file …" : ""}
          </span>
        </div>
      </form>
      {problem && <Trouble problem={problem} />}
      {seen && (
        <Preview
          seen={seen}
          headRef={seenRef}
          map={(columns) => void look(columns)}
          take={(duplicates, companies) => void take(duplicates, companies)}
          busy={busy}
        />
      )}
    </>
  );
}
