// A verdict row by row: the final answers whoever gave them, the first ones behind them where they
// were changed.
import type * as api from "../../api";
import { ClipPlayer } from "../../parts/ClipPlayer";
import { State } from "../../parts/marks";

export function ClaimRows({ verdict }: { verdict: api.Verdict }) {
  return (
    <>
      {verdict.changed && (
        <p class="pad second">
          <b>A second reviewer changed this.</b> What follows is what holds now.
        </p>
      )}
      <Rows rows={verdict.rows} note={verdict.note} />
      {verdict.changed && verdict.first_rows && (
        <details class="more">
          <summary>The first answers</summary>
          <Rows rows={verdict.first_rows} note="" />
        </details>
      )}
    </>
  );
}

function Rows({ rows, note }: { rows: api.Row[]; note: string }) {
  return (
    <ul class="rows">
      {rows
        .filter((r) => r.answer !== null || !r.judged)
        .map((r) => (
          <One key={r.criterion} r={r} />
        ))}
      {note && (
        <li>
          <p>{note}</p>
        </li>
      )}
    </ul>
  );
}

function One({ r }: { r: api.Row }) {
  if (!r.judged)
    return (
      <li>
        <span>{r.title}</span>
        <span class="second rest">Not judged: the claim had failed already</span>
      </li>
    );
  return (
    <li class={r.must_pass && r.passes === false ? "bad" : ""}>
      <span>{r.title}</span>
      {r.must_pass ? (
        <State shape={r.passes ? "pass" : "fail"}>{r.answer}</State>
      ) : (
        <span>{r.answer}</span>
      )}
      {r.evidence && (
        <ClipPlayer
          call={r.evidence.call}
          from={r.evidence.from_ms}
          to={r.evidence.to_ms}
          label={`Play the moment for ${r.title}`}
        />
      )}
      {r.words && <p>“{r.words}”</p>}
      {r.note && <p class="second">{r.note}</p>}
    </li>
  );
}
