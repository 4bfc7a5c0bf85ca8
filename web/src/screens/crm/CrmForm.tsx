// Where a client's CRM is, what lets the box in, and since when leads are sent.
import { useId, useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";
import { ASKED, KINDS, kindWord } from "./words";

interface Props {
  all: api.Crms;
  client: string;
  name: string;
  /** As it is; none: it has none yet. */
  crm?: api.CrmSetup;
  saved: () => void;
  back?: () => void;
}

/** A day as the field has it. */
const dayOf = (at: string | undefined) => (at ?? "").slice(0, 10);

export function CrmForm({ all, client, name, crm, saved, back }: Props) {
  const id = useId();
  const [kind, setKind] = useState<api.CrmKind>(crm?.kind ?? "espocrm");
  const [url, setUrl] = useState(crm?.url ?? "");
  const [key, setKey] = useState("");
  const [from, setFrom] = useState(dayOf(crm?.from));
  const [problem, setProblem] = useState<api.Problem>();
  const asked = ASKED[kind];
  const fields = all.kinds.find((k) => k.kind === kind)?.fields ?? [];
  const same = crm?.kind === kind && crm.url === url.trim();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const since = from && from !== dayOf(crm?.from) ? `${from}T00:00:00Z` : null;
    const body = { kind, url: url.trim(), key: key.trim() || null, from: since };
    const r = await api.setCrm(client, body);
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) saved();
  };
  return (
    <form class="pad stack" onSubmit={(e) => void submit(e)} aria-label={`The CRM of ${name}`}>
      <label class="field">
        <span>Which CRM?</span>
        <select
          class="in"
          value={kind}
          onChange={(e) => setKind(e.currentTarget.value as api.CrmKind)}
        >
          {KINDS.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {fields.length > 0 && (
        <p class="small">
          Make these fields in {kindWord(kind)} first:{" "}
          {fields.map((f, n) => (
            <>
              {n > 0 && ", "}
              <code>{f}</code>
            </>
          ))}
          . The test says which are missing.
        </p>
      )}
      <label class="field">
        <span>Address</span>
        <input
          class="in"
          required
          inputMode="url"
          maxLength={2000}
          autocomplete="off"
          placeholder={asked.example}
          aria-describedby={`${id}-url`}
          value={url}
          onInput={(e) => setUrl(e.currentTarget.value)}
        />
      </label>
      <p id={`${id}-url`} class="muted small">
        {asked.url}
      </p>
      <label class="field">
        <span>Key</span>
        <input
          class="in"
          type="password"
          required={!same && kind !== "plain"}
          maxLength={2000}
          autocomplete="off"
          aria-describedby={`${id}-key`}
          value={key}
          onInput={(e) => setKey(e.currentTarget.value)}
        />
      </label>
      <p id={`${id}-key`} class="muted small">
        {same ? "Leave it empty to keep the one that is there. " : ""}
        {asked.key} It is kept encrypted, and nobody is shown it again.
      </p>
      <label class="field">
        <span>Send leads handed over since</span>
        <input
          class="in"
          type="date"
          aria-describedby={`${id}-from`}
          value={from}
          onInput={(e) => setFrom(e.currentTarget.value)}
        />
      </label>
      <p id={`${id}-from`} class="muted small">
        {crm ? "Choose an earlier day to send earlier leads too." : "Empty: those from now on."}
      </p>
      {problem && <Trouble problem={problem} />}
      <div class="wrap">
        {back && (
          <button type="button" class="btn" onClick={back}>
            Leave it as it is
          </button>
        )}
        <button class="btn primary">{crm ? "Save" : "Set it up"}</button>
      </div>
    </form>
  );
}
