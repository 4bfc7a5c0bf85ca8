// A checklist as the reviewer will see it.
import type { Criterion } from "../../api";
import { Key, Mark } from "../../parts/marks";
import "./Preview.css";

export function Preview({ list }: { list: Criterion[] }) {
  return (
    <ol class="preview" aria-label="As the reviewer sees it">
      {list.map((c, i) => (
        <li key={i} class={c.must_pass ? "" : "info"}>
          <p>
            <Key>{i + 1}</Key> <b>{c.title || "(no title yet)"}</b>{" "}
            <span class="muted small">{c.must_pass ? c.hint : "for information"}</span>
          </p>
          <div class="wrap">
            {c.answers.map((a, n) => (
              <span key={n} class={`ans ${c.must_pass ? (a.passes ? "ok" : "ko") : "nil"}`}>
                <Key>{String.fromCharCode(65 + n)}</Key>
                {a.label || "(no words yet)"}
                {c.must_pass && <Mark shape={a.passes ? "pass" : "fail"} />}
              </span>
            ))}
            {c.may_not_apply && (
              <span class="ans nil">
                <Key>0</Key>N/A
              </span>
            )}
          </div>
          {c.definition && <p class="small second">{c.definition}</p>}
          {(c.must_pass || c.moment_always || c.words_needed > 0) && (
            <p class="small muted">
              {[
                c.moment_always
                  ? "needs a moment in the audio"
                  : c.must_pass
                    ? "a pass needs a moment in the audio"
                    : "",
                c.words_needed > 0 ? `and the pain in ${c.words_needed} words or more` : "",
              ]
                .filter(Boolean)
                .join(" ")}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}
