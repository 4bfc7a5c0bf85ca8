// The telemarketer fills the write-up, field by field; what is saved is saved at once.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";
import { FIELDS } from "./words";

export function OwnWriteUp({ lead, done }: { lead: api.OwnHandover; done: () => void }) {
  const filled = Object.keys(lead.write_up).length;
  return (
    <details class="pad" open={lead.handed_at === null}>
      <summary>
        Write-up: {filled} of {FIELDS.length} fields filled
      </summary>
      <div class="write-fields">
        {FIELDS.map(([id, label]) => (
          <Field
            key={id}
            claim={lead.claim}
            field={id}
            label={label}
            text={lead.write_up[id] ?? ""}
            needed={lead.blanks.includes(id)}
            done={done}
          />
        ))}
      </div>
    </details>
  );
}

interface FieldProps {
  claim: string;
  field: api.WriteUpFieldName;
  label: string;
  text: string;
  needed: boolean;
  done: () => void;
}

function Field({ claim, field, label, text, needed, done }: FieldProps) {
  const [value, set] = useState(text);
  const [state, say] = useState("");
  const [problem, setProblem] = useState<api.Problem>();
  const save = () => {
    if (value.trim() === text) return;
    void api.fillWriteUp(claim, { field, text: value.trim() }).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      say(r.ok ? "Saved" : "");
      if (r.ok) done();
    });
  };
  return (
    <div>
      <label class="field">
        <span>
          {label} {needed && <span class="mark">holds it back</span>}
        </span>
        <textarea
          class="in"
          rows={2}
          maxLength={1000}
          value={value}
          onInput={(e) => {
            set(e.currentTarget.value);
            say("");
          }}
          onBlur={save}
        />
      </label>
      <span class="second small" role="status">
        {state}
      </span>
      {problem && <Trouble problem={problem} />}
    </div>
  );
}
