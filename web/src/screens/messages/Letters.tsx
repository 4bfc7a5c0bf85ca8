// A receiver's messages: what waits, what was delivered, and what was given up and can be replayed.
import { useCallback, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { Loading, Trouble } from "../../parts/states";
import { stands, TOPICS } from "./words";

interface Props {
  receiver: api.Receiver;
  /** May replay. */
  acts: boolean;
  done: (said: string) => void;
}

type Shown = api.MessageState | "all";
const FILTERS: [Shown, string][] = [
  ["dead", "Given up"],
  ["waiting", "Waiting"],
  ["delivered", "Delivered"],
  ["all", "All"],
];
const NOTHING: Record<Shown, string> = {
  dead: "No message was given up.",
  waiting: "No message waits.",
  delivered: "No message was delivered yet.",
  all: "No message was put for it yet.",
};

export function Letters({ receiver: r, acts, done }: Props) {
  const [shown, show] = useState<Shown>(r.dead > 0 ? "dead" : "all");
  const [before, turn] = useState<number>();
  const [problem, setProblem] = useState<api.Problem>();
  const ask = useCallback(
    () => api.outgoingMessages(r.id, shown === "all" ? undefined : shown, before),
    [r.id, shown, before],
  );
  const { value, problem: trouble, again } = useLoaded(ask, "messages");
  const filtersRef = useRef<HTMLDivElement>(null);
  const choose = (next: Shown) => {
    turn(undefined);
    show(next);
  };
  const replay = async (message: string | null) => {
    const answer = await api.replayMessages(r.id, message);
    setProblem(answer.ok ? undefined : answer.problem);
    if (!answer.ok) return;
    again();
    // The button goes with what was given up.
    focusLater(() => filtersRef.current?.querySelector<HTMLElement>("[aria-pressed=true]"));
    const n = answer.value.messages;
    done(n === 1 ? "1 message goes out again." : `${n} messages go out again.`);
  };
  return (
    <div class="stack wide-items">
      <div class="wrap" ref={filtersRef} role="group" aria-label={`Which messages of ${r.name}`}>
        {FILTERS.map(([word, label]) => (
          <button key={word} class="btn" aria-pressed={shown === word} onClick={() => choose(word)}>
            {label}
          </button>
        ))}
        {acts && r.dead > 1 && (
          <button class="btn primary" onClick={() => void replay(null)}>
            Replay all {r.dead} given up
          </button>
        )}
      </div>
      {problem && <Trouble problem={problem} />}
      {trouble && <Trouble problem={trouble} again={again} />}
      {!value && !trouble && <Loading what="messages" />}
      {value?.messages.length === 0 && <p class="muted">{NOTHING[shown]}</p>}
      {value && value.messages.length > 0 && (
        <div class="scroll">
          <table class="stacking" aria-label={`Messages of ${r.name}`}>
            <thead>
              <tr>
                <th>Topic</th>
                <th>Put</th>
                <th>How it stands</th>
                {acts && <th>Replay</th>}
              </tr>
            </thead>
            <tbody>
              {value.messages.map((m) => (
                <tr key={m.id}>
                  <td>{TOPICS[m.topic]}</td>
                  <td class="nowrap">{moment(m.created_at)}</td>
                  <td>
                    {stands(m)} <code class="muted">{m.id}</code>
                  </td>
                  {acts && (
                    <td>
                      {m.state === "dead" && (
                        <button class="btn" onClick={() => void replay(m.id)}>
                          Replay
                          <span class="vh"> the message of {moment(m.created_at)}</span>
                        </button>
                      )}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div class="wrap">
        {before !== undefined && (
          <button class="btn" onClick={() => turn(undefined)}>
            Newest
          </button>
        )}
        {value?.before != null && (
          <button class="btn" onClick={() => turn(value.before ?? undefined)}>
            Older
          </button>
        )}
      </div>
    </div>
  );
}
