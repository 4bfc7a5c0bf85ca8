// Which of our fields goes to which of a CRM’s, and which of its states means which of ours.
import { useId, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { Trouble } from "../../parts/states";
import { Example } from "./Example";
import { FIELDS, MEANINGS, STATES, kindWord } from "./words";
import "./Mapping.css";

interface Props {
  crm: api.CrmSetup;
  saved: () => void;
  back: () => void;
}

/** Who changed the mapping last, in a sentence. */
export function mappedLine(crm: api.CrmSetup): string {
  const { set_at, set_by, version } = crm.mapped;
  if (!set_at) return `as ${kindWord(crm.kind)} comes`;
  return `version ${version}, changed ${moment(set_at)}${set_by ? ` by ${set_by}` : ""}`;
}

export function Mapping({ crm, saved, back }: Props) {
  const id = useId();
  const [fields, setFields] = useState(crm.mapped.mapping.fields);
  const [states, setStates] = useState(crm.mapped.mapping.states ?? {});
  const [means, setMeans] = useState(crm.mapped.mapping.means ?? []);
  const [example, setExample] = useState<api.CrmExample>();
  const [problem, setProblem] = useState<api.Problem>();
  const sendsState = (fields["state"] ?? "").trim() !== "";
  const mapping = (): api.CrmMapping => ({
    fields,
    states: sendsState ? states : {},
    means: means.filter((m) => m.state.trim() !== ""),
  });
  const show = async () => {
    const r = await api.crmExample(crm.client, mapping());
    setProblem(r.ok ? undefined : r.problem);
    setExample(r.ok ? r.value : undefined);
  };
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    const body = { mapping: mapping(), replaces: crm.mapped.version };
    const r = await api.mapCrm(crm.client, body);
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) saved();
  };
  const changed = (at: number, part: Partial<api.CrmMeans>) =>
    setMeans(means.map((m, n) => (n === at ? { ...m, ...part } : m)));
  return (
    <form
      class="pad stack mapping"
      onSubmit={(e) => void save(e)}
      aria-label={`Fields and states of ${crm.client_name}`}
    >
      <Words
        legend="Our fields, and theirs"
        hint="Empty: it is not sent. By the claim a lead that is sent again finds its record."
        all={FIELDS}
        values={fields}
        set={setFields}
      />
      {sendsState && (
        <Words
          legend="Our states, and their words"
          hint="What the CRM is told of a lead."
          all={STATES}
          values={states}
          set={setStates}
          required
        />
      )}
      <fieldset class="stack" aria-describedby={`${id}-means`}>
        <legend>
          <b>Their states, and what they mean here</b>
        </legend>
        <p id={`${id}-means`} class="muted small">
          So that the CRM may say a state in its own word. None of it moves anybody’s pay.
        </p>
        {means.map((m, n) => (
          <div class="wrap means" key={n}>
            <input
              class="in"
              aria-label={`State ${n + 1} of theirs`}
              maxLength={100}
              value={m.state}
              onInput={(e) => changed(n, { state: e.currentTarget.value })}
            />
            <select
              class="in"
              aria-label={`What state ${n + 1} means`}
              value={m.means}
              onChange={(e) => changed(n, { means: e.currentTarget.value as api.CrmMeaning })}
            >
              {MEANINGS.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
            <button
              type="button"
              class="btn"
              onClick={() => setMeans(means.filter((_, at) => at !== n))}
            >
              Take away
              <span class="vh"> state {n + 1}</span>
            </button>
          </div>
        ))}
        <div>
          <button
            type="button"
            class="btn"
            onClick={() => setMeans([...means, { state: "", means: "won" }])}
          >
            Add a state
          </button>
        </div>
      </fieldset>
      <p class="second small">
        What was sent stays as it was sent. A lead is written by the new names as soon as something
        of it changes.
      </p>
      {problem && <Trouble problem={problem} />}
      {example && <Example example={example} />}
      <div class="wrap">
        <button type="button" class="btn" onClick={back}>
          Leave it as it is
        </button>
        <button type="button" class="btn" onClick={() => void show()}>
          Show what would be sent
        </button>
        <button class="btn primary">Save</button>
      </div>
    </form>
  );
}

interface WordsProps {
  legend: string;
  hint: string;
  all: [string, string][];
  values: Record<string, string>;
  set: (values: Record<string, string>) => void;
  required?: boolean;
}

/** A word of theirs for each of ours. */
function Words({ legend, hint, all, values, set, required = false }: WordsProps) {
  const id = useId();
  return (
    <fieldset class="stack" aria-describedby={id}>
      <legend>
        <b>{legend}</b>
      </legend>
      <p id={id} class="muted small">
        {hint}
      </p>
      <div class="pairs">
        {all.map(([name, words]) => (
          <label class="field" key={name}>
            <span>{words}</span>
            <input
              class="in"
              autocomplete="off"
              spellcheck={false}
              maxLength={100}
              required={required || name === "claim"}
              value={values[name] ?? ""}
              onInput={(e) => set({ ...values, [name]: e.currentTarget.value })}
            />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
