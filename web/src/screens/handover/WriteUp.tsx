// The write-up with its blanks: each blank has the button that asks whoever made the call.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";
import { fieldWord } from "./words";

interface Props {
  card: api.HandoverCard;
  mine: boolean;
  done: () => void;
}

export function WriteUp({ card, mine, done }: Props) {
  const [problem, setProblem] = useState<api.Problem>();
  const { text, fields, filled, of } = card.write_up;
  const first = card.brought_by.name.split(" ")[0];
  const ask = (field: api.WriteUpFieldName) =>
    void api
      .askAboutHandover(card.claim, { field, text: `Please fill in: ${fieldWord(field)}.` })
      .then((r) => {
        setProblem(r.ok ? undefined : r.problem);
        if (r.ok) done();
      });
  const asked = (field: string) =>
    card.questions.some((q) => q.field === field && q.answer === null);
  const replied = (field: string) =>
    card.questions.findLast((q) => q.field === field && q.answer !== null)?.answer;
  return (
    <section class="panel" aria-label="Write-up">
      <header>
        <h2>Write-up</h2>
        <span class="second">
          {filled} of {of} filled
        </span>
        <meter
          class="end"
          min={0}
          max={of}
          value={filled}
          aria-label={`${filled} of ${of} filled`}
        />
      </header>
      <dl class="write">
        <div class="wide">
          <dt>What makes it a lead</dt>
          <dd>{text || <span class="mark">Blank: claimed by phone</span>}</dd>
        </div>
        {fields.map((f) => (
          <div key={f.field}>
            <dt>{fieldWord(f.field)}</dt>
            <dd>
              {f.text ?? (
                <>
                  <span class="mark">Blank</span> {replied(f.field)}
                  {mine && !asked(f.field) && (
                    <button class="btn" onClick={() => ask(f.field)}>
                      Ask {first}
                      <span class="vh"> about: {fieldWord(f.field)}</span>
                    </button>
                  )}
                  {asked(f.field) && <span class="second small">asked, waits for {first}</span>}
                </>
              )}
            </dd>
          </div>
        ))}
      </dl>
      {problem && <Trouble problem={problem} />}
    </section>
  );
}
