// What was promised to the buyer comes first: who calls when, and what was sent. The wire says
// whether anybody called.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { ClipPlayer } from "../../parts/ClipPlayer";
import { State } from "../../parts/marks";
import { Trouble } from "../../parts/states";
import { PromiseForm } from "./PromiseForm";
import { kindWord, promiseState, when } from "./words";

interface Props {
  card: api.HandoverCard;
  mine: boolean;
  done: () => void;
}

export function Promises({ card, mine, done }: Props) {
  const [asking, ask] = useState(false);
  const sent = card.write_up.fields.find((f) => f.field === "sent")?.text;
  const next = card.write_up.fields.find((f) => f.field === "next_step")?.text;
  const moments = card.proven.flatMap((p) =>
    p.moment ? [{ label: p.title, moment: p.moment }] : [],
  );
  return (
    <section class="panel" aria-label="Promised to the buyer">
      <header>
        <h2>Promised to the buyer</h2>
        {mine && !asking && (
          <button class="btn end" onClick={() => ask(true)}>
            Note a promise
          </button>
        )}
      </header>
      <PromiseList promises={card.promises} withdraws={mine} done={done} />
      <dl class="pad known">
        <dt>Agreed next step</dt>
        <dd>{next ?? <span class="mark">Blank</span>}</dd>
        <dt>What was sent</dt>
        <dd>{sent ?? <span class="mark">Blank</span>}</dd>
      </dl>
      {asking && (
        <PromiseForm
          claim={card.claim}
          moments={moments}
          back={() => ask(false)}
          done={() => {
            ask(false);
            done();
          }}
        />
      )}
    </section>
  );
}

interface ListProps {
  promises: api.BuyerPromise[];
  withdraws: boolean;
  done: () => void;
}

export function PromiseList({ promises, withdraws, done }: ListProps) {
  const [problem, setProblem] = useState<api.Problem>();
  const withdraw = (id: string) =>
    void api.withdrawPromise(id).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) done();
    });
  if (promises.length === 0) return <p class="pad second">No promise with a date was noted.</p>;
  return (
    <>
      <ul class="promises">
        {promises.map((p) => (
          <li key={p.id}>
            <span>
              <b>{kindWord(p.kind)}</b> {when(p)}
              <br />
              <span class="second">
                “{p.words}”, noted by {p.by}
              </span>
            </span>
            {p.moment && (
              <ClipPlayer
                call={p.moment.call}
                from={p.moment.from_ms}
                to={p.moment.to_ms}
                label={`Hear the promise: ${p.words}`}
              />
            )}
            <span class="end">
              {p.state === "missed" || p.state === "late" ? (
                <State shape="fail">{promiseState(p)}</State>
              ) : (
                <span class={p.state === "due" ? "mark" : "second"}>{promiseState(p)}</span>
              )}
              {withdraws && p.state !== "withdrawn" && (
                <button class="btn quiet" onClick={() => withdraw(p.id)}>
                  Withdraw<span class="vh">: {p.words}</span>
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {problem && <Trouble problem={problem} />}
    </>
  );
}
