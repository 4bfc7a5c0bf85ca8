// Outgoing messages: who receives them, what failed, and what can be replayed.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Receiver } from "./Receiver";
import { ReceiverForm } from "./ReceiverForm";
import { Secret } from "./Secret";
import "./Messages.css";

export function Messages({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.receivers, "messages");
  const [said, say] = useState("");
  const [secret, reveal] = useState<{ name: string; secret: string }>();
  const acts = me.role === "admin";
  const done = (what: string) => {
    say(what);
    again();
  };
  const hide = () => {
    reveal(undefined);
    focusLater(() => document.getElementById("messages"));
  };
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title">
        <h1 id="messages" tabIndex={-1}>
          Messages
        </h1>
        <span class="second">what this box tells other systems, signed, as it happens</span>
        <span class="vh" role="status">
          {said}
        </span>
      </div>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="receivers" />}
      {secret && <Secret {...secret} close={hide} />}
      {value && acts && (
        <AddReceiver
          all={value}
          added={(name, made) => {
            done(`${name} is added. Its secret is shown.`);
            reveal({ name, secret: made });
          }}
        />
      )}
      {value && (
        <section class="panel" aria-labelledby="receivers">
          <header>
            <h2 id="receivers">Receivers</h2>
          </header>
          {value.receivers.length === 0 && (
            <Empty title="Nobody is told anything yet">
              <p>
                {acts
                  ? "Add a receiver: a payroll, a CRM, or a program of your own that takes webhooks."
                  : "An administrator adds receivers."}
              </p>
            </Empty>
          )}
          {value.receivers.map((r) => (
            <Receiver
              key={r.id}
              receiver={r}
              all={value}
              acts={acts}
              done={done}
              reveal={(name, made) => reveal({ name, secret: made })}
            />
          ))}
        </section>
      )}
    </main>
  );
}

interface Adding {
  all: api.Receivers;
  added: (name: string, secret: string) => void;
}

function AddReceiver({ all, added }: Adding) {
  const [round, next] = useState(0);
  const foldRef = useRef<HTMLDetailsElement>(null);
  const send = async (body: api.ReceiverBody) => {
    const r = await api.addReceiver(body);
    if (!r.ok) return r.problem;
    if (foldRef.current) foldRef.current.open = false;
    next(round + 1);
    added(body.name, r.value.secret);
    return undefined;
  };
  return (
    <details class="panel fold" ref={foldRef}>
      <summary>Add a receiver</summary>
      <ReceiverForm key={round} all={all} send={send} />
    </details>
  );
}
