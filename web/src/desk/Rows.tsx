// The checklist: where a digit stamps and a letter answers.
import type { Criterion } from "../api";
import { clock } from "../format";
import { Key, Mark, State } from "../parts/marks";
import { countWords, type Judging, NOT_APPLICABLE, result, row } from "./judging";
import type { Action } from "./keys";

interface Props {
  list: Criterion[];
  judging: Judging;
  act: (a: Action) => void;
  answer: (row: number, letter: number) => void;
  write: (c: Criterion, text: string) => void;
  locked: boolean;
}

export function Rows({ list, judging, act, answer, write, locked }: Props) {
  return (
    <section class="list panel" aria-label="Checklist">
      <div class="cols" aria-hidden="true">
        <span>Stamp at the playhead</span>
        <span>Answer of the marked row</span>
        <span>Moment in the audio</span>
        <span>Result</span>
      </div>
      {list.map((c, i) => {
        const given = row(judging, c);
        const marked = judging.marked === i;
        return (
          <div
            key={c.id}
            class={c.must_pass ? "row" : "row info"}
            role="group"
            aria-label={`${i + 1} ${c.title}`}
            aria-current={marked ? "true" : undefined}
          >
            <button class="stamp" disabled={locked} onClick={() => act({ do: "stamp", row: i })}>
              <Key>{i + 1}</Key>
              <span>
                <b>{c.title}</b>
                <small>{c.must_pass ? c.hint : "for information"}</small>
                <span class="vh">: stamp it at the playhead</span>
              </span>
            </button>
            <div class="answers" role="radiogroup" aria-label={`${c.title}: the answer`}>
              {c.answers.map((a, j) => (
                <label key={a.id} class={`ans ${c.must_pass ? (a.passes ? "ok" : "ko") : "nil"}`}>
                  <input
                    type="radio"
                    name={c.id}
                    disabled={locked}
                    checked={given.answer === a.id}
                    onChange={() => answer(i, j)}
                  />
                  <Key>
                    {marked && judging.failing && !a.passes
                      ? c.answers.filter((x) => !x.passes).indexOf(a) + 1
                      : String.fromCharCode(65 + j)}
                  </Key>
                  {a.label}
                  {c.must_pass && given.answer === a.id && (
                    <Mark shape={a.passes ? "pass" : "fail"} />
                  )}
                </label>
              ))}
              {c.may_not_apply && (
                <label class="ans nil">
                  <input
                    type="radio"
                    name={c.id}
                    disabled={locked}
                    checked={given.answer === NOT_APPLICABLE}
                    onChange={() => act({ do: "na" })}
                  />
                  <Key>0</Key>N/A
                </label>
              )}
              {c.words_needed > 0 && (
                <div class="pain">
                  <label for={`words-${c.id}`}>
                    The pain, in the buyer’s words <Key>T</Key>
                  </label>
                  <input
                    class="in"
                    id={`words-${c.id}`}
                    value={given.words}
                    readOnly={locked}
                    onInput={(e) => write(c, e.currentTarget.value)}
                  />
                  <small>
                    {countWords(given.words)} of {c.words_needed} words
                  </small>
                </div>
              )}
            </div>
            <div class="moment">
              {given.evidence ? (
                <button class="chip" onClick={() => act({ do: "clip", loop: false })}>
                  <Mark shape="play" />
                  <span class="vh">Play the {c.title} clip, </span>
                  {clock(given.evidence.from_ms)}–{clock(given.evidence.to_ms)}{" "}
                  <i>{Math.round((given.evidence.to_ms - given.evidence.from_ms) / 1000)} s</i>
                </button>
              ) : c.must_pass && given.answer && result(judging, c) !== "fail" ? (
                <span class="mark">No moment yet: press {i + 1} when it is said</span>
              ) : null}
            </div>
            <Outcome c={c} judging={judging} />
          </div>
        );
      })}
    </section>
  );
}

function Outcome({ c, judging }: { c: Criterion; judging: Judging }) {
  if (!c.must_pass) return <span />;
  const r = result(judging, c);
  if (r === "unproven") return <State shape="open">Unproven</State>;
  return <State shape={r}>{r === "pass" ? "Pass" : "Fail"}</State>;
}
