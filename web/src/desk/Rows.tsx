// The checklist: where a digit stamps and a letter answers.
import { useEffect, useRef } from "preact/hooks";
import type { Criterion } from "../api";
import { clock } from "../format";
import { Key, Mark, State } from "../parts/marks";
import { countWords, type Judging, NOT_APPLICABLE, result, row } from "./judging";
import type { Action } from "./keys";
import "./Rows.css";

interface Props {
  list: Criterion[];
  judging: Judging;
  /** It fails on a moment: rows without an answer are left unjudged. */
  decided: boolean;
  act: (a: Action) => void;
  answer: (row: number, letter: number) => void;
  write: (row: number, text: string) => void;
  locked: boolean;
}

export function Rows(props: Props) {
  const panel = useRef<HTMLElement>(null);
  const { judging } = props;
  // The marked row is in view after each change, and in a window of another size.
  useEffect(() => {
    const show = () =>
      panel.current?.querySelector("[aria-current]")?.scrollIntoView?.({ block: "nearest" });
    show();
    addEventListener("resize", show);
    return () => removeEventListener("resize", show);
  }, [judging]);
  return (
    <section ref={panel} class="list panel" aria-label="Checklist">
      <div class="cols" aria-hidden="true">
        <span>Stamp at the playhead</span>
        <span>Answer of the marked row</span>
        <span>Moment in the audio</span>
        <span>Result</span>
      </div>
      {props.list.map((c, i) => (
        <Row key={c.id} {...props} c={c} i={i} />
      ))}
    </section>
  );
}

/** A row of the checklist and its place in it. */
type RowProps = Props & { c: Criterion; i: number };

function Row(props: RowProps) {
  const { c, i, judging, act, locked } = props;
  return (
    <div
      class={c.must_pass ? "row" : "row info"}
      role="group"
      aria-label={`${i + 1} ${c.title}`}
      aria-current={judging.marked === i ? "true" : undefined}
    >
      <button class="stamp" disabled={locked} onClick={() => act({ do: "stamp", row: i })}>
        <Key>{i + 1}</Key>
        <span>
          <b>{c.title}</b>
          <small>{c.must_pass ? c.hint : "for information"}</small>
          <span class="vh">: stamp it at the playhead</span>
        </span>
      </button>
      <Answers {...props} />
      <Moment {...props} />
      <Outcome {...props} />
    </div>
  );
}

/** Its answers, those that pass before those that fail, so that which is which shows before one is chosen. */
function Answers(props: RowProps) {
  const { c, i, act, locked } = props;
  const all = c.answers.map((a, j) => ({ a, j }));
  const failing = c.must_pass ? all.filter(({ a }) => !a.passes) : [];
  return (
    <div class="answers" role="radiogroup" aria-label={`${c.title}: the answer`}>
      {all
        .filter((x) => !failing.includes(x))
        .map(({ j }) => (
          <Answer key={j} {...props} j={j} />
        ))}
      {c.may_not_apply && <SetAside {...props} />}
      {failing.length > 0 && (
        <button class="fails" disabled={locked} onClick={() => act({ do: "fail", row: i })}>
          fails <Key>⇧{i + 1}</Key>
          <span class="vh">: fail {c.title}, then choose the reason</span>
        </button>
      )}
      {failing.map(({ j }) => (
        <Answer key={j} {...props} j={j} />
      ))}
      {c.words_needed > 0 && <Pain {...props} />}
    </div>
  );
}

function Answer(props: RowProps & { j: number }) {
  const { c, i, j, judging, answer, locked } = props;
  const a = c.answers[j];
  if (!a) return null;
  const shape = a.passes ? "pass" : "fail";
  return (
    <label class={`ans ${c.must_pass ? (a.passes ? "ok" : "ko") : "nil"}`}>
      <input
        type="radio"
        name={c.id}
        disabled={locked}
        checked={row(judging, c).answer === a.id}
        onChange={() => answer(i, j)}
      />
      <Key>{keyOf(props, j)}</Key>
      {a.label}
      {c.must_pass && (
        <>
          <Mark shape={shape} />
          <span class="vh">, {a.passes ? "passes" : "fails"}</span>
        </>
      )}
    </label>
  );
}

const SetAside = ({ c, i, judging, act, locked }: RowProps) => (
  <label class="ans nil">
    <input
      type="radio"
      name={c.id}
      disabled={locked}
      checked={row(judging, c).answer === NOT_APPLICABLE}
      onChange={() => act({ do: "na", row: i })}
    />
    <Key>0</Key>N/A
  </label>
);

/** The key of an answer: its letter; of a row that is marked to fail, the digit of the reason. */
function keyOf({ c, i, judging }: RowProps, answer: number): number | string {
  const failing = c.answers.filter((x) => !x.passes);
  const at = failing.findIndex((x) => x === c.answers[answer]);
  return judging.marked === i && judging.failing && at >= 0
    ? at + 1
    : String.fromCharCode(65 + answer);
}

function Pain({ c, i, judging, write, locked }: RowProps) {
  const given = row(judging, c);
  return (
    <div class="pain">
      <label for={`words-${c.id}`}>
        The pain, in the buyer’s words <Key>T</Key>
      </label>
      <input
        class="in"
        id={`words-${c.id}`}
        value={given.words}
        readOnly={locked}
        onInput={(e) => write(i, e.currentTarget.value)}
      />
      <small>
        {countWords(given.words)} of {c.words_needed} words
      </small>
    </div>
  );
}

function Moment({ c, i, judging, act }: RowProps) {
  const { answer, evidence } = row(judging, c);
  const needed = c.must_pass && answer && result(judging, c) !== "fail";
  return (
    <div class="moment">
      {evidence ? (
        <button class="chip" onClick={() => act({ do: "clip", loop: false, row: i })}>
          <Mark shape="play" />
          <span class="vh">Play the {c.title} clip, </span>
          {clock(evidence.from_ms)}–{clock(evidence.to_ms)}{" "}
          <i>{Math.round((evidence.to_ms - evidence.from_ms) / 1000)} s</i>
        </button>
      ) : needed ? (
        <span class="mark">No moment yet: press {i + 1} when it is said</span>
      ) : null}
    </div>
  );
}

function Outcome({ c, judging, decided }: RowProps) {
  if (!c.must_pass) return <span />;
  const r = result(judging, c);
  if (r === "unproven")
    return (
      <State shape="open">{decided && !row(judging, c).answer ? "Not judged" : "Unproven"}</State>
    );
  return <State shape={r}>{r === "pass" ? "Pass" : "Fail"}</State>;
}
