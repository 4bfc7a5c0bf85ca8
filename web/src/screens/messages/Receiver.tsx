// One receiver: how it stands, what can be done with it, and its messages.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { Ask } from "../../parts/Ask";
import { focusLater } from "../../parts/focus";
import { State } from "../../parts/marks";
import { Trouble } from "../../parts/states";
import { Letters } from "./Letters";
import { ReceiverForm } from "./ReceiverForm";
import { dead, scope, standing } from "./words";

interface Props {
  receiver: api.Receiver;
  all: api.Receivers;
  /** An administrator acts; a manager reads. */
  acts: boolean;
  done: (said: string) => void;
  reveal: (name: string, secret: string) => void;
}

type Open = "change" | "rotate" | "remove";

const shape = (r: api.Receiver) => {
  if (r.paused_at) return "pause";
  return r.failures > 0 || r.dead > 0 ? "fail" : r.worked_at ? "pass" : "open";
};

export function Receiver({ receiver: r, all, acts, done, reveal }: Props) {
  const [open, setOpen] = useState<Open>();
  const [listed, list] = useState(r.dead > 0);
  const [problem, setProblem] = useState<api.Problem>();
  const headRef = useRef<HTMLHeadingElement>(null);
  const shut = () => {
    setOpen(undefined);
    focusLater(() => headRef.current);
  };
  const told = <T,>(answer: api.Result<T>, said: string, then?: (value: T) => void) => {
    setProblem(answer.ok ? undefined : answer.problem);
    if (!answer.ok) return;
    shut();
    done(said);
    then?.(answer.value);
  };
  const secret = (answer: api.Result<api.ReceiverSecret>, said: string) =>
    told(answer, said, (value) => reveal(r.name, value.secret));
  const change = async ({ name, url, topics }: api.ReceiverBody) => {
    const answer = await api.changeReceiver(r.id, { name, url, topics });
    if (!answer.ok) return answer.problem;
    shut();
    done(`${name} is changed.`);
    return undefined;
  };
  const rotate = async (atOnce: boolean) =>
    secret(await api.rotateSecret(r.id, atOnce), `${r.name} has a new secret.`);
  const pause = async () =>
    told(
      await api.pauseReceiver(r.id, !r.paused_at),
      r.paused_at ? `${r.name} is sent to again.` : `${r.name} is paused.`,
    );
  return (
    <article class="receiver" aria-labelledby={`receiver-${r.id}`}>
      <h3 id={`receiver-${r.id}`} ref={headRef} tabIndex={-1}>
        {r.name} <span class="second">{r.url}</span>
      </h3>
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <State shape={shape(r)}>
            {standing(r)} {dead(r)}
          </State>
        </dd>
        <dt>Sent</dt>
        <dd>{scope(r)}</dd>
        <dt>Secret</dt>
        <dd>
          since {moment(r.secret_since)}
          {r.earlier_secret_until &&
            `; the earlier one signs too until ${moment(r.earlier_secret_until)}`}
        </dd>
      </dl>
      {problem && <Trouble problem={problem} />}
      <div class="acts stack wide-items">
        {open === "change" && <ReceiverForm all={all} receiver={r} send={change} back={shut} />}
        {open === "rotate" && (
          <Ask
            no="Keep the secret"
            yes="Make a new secret"
            back={shut}
            act={() => void rotate(false)}
          >
            <b>Make a new secret for {r.name}?</b> The present one signs beside it for 24 hours:
            time to enter the new one. Is the present one known to others?{" "}
            <button type="button" class="link" onClick={() => void rotate(true)}>
              <b>Make a new one, and end the present one now</b>
            </button>
          </Ask>
        )}
        {open === "remove" && (
          <Ask no="Keep it" yes={`Remove ${r.name}`} back={shut} act={() => void remove()}>
            <b>Remove {r.name}?</b> Nothing more is sent to it, and what waits for it never is.
          </Ask>
        )}
        {!open && (
          <div class="wrap">
            {acts && (
              <>
                <Act of={r} label="Send a test message" word="to" act={() => void test()} />
                <Act of={r} label={r.paused_at ? "Resume" : "Pause"} act={() => void pause()} />
                <Act of={r} label="Change" act={() => setOpen("change")} />
                <Act of={r} label="Show the secret" act={() => void showSecret()} />
                <Act of={r} label="New secret" act={() => setOpen("rotate")} />
                <Act of={r} label="Remove" act={() => setOpen("remove")} />
              </>
            )}
            <button class="btn" aria-expanded={listed} onClick={() => list(!listed)}>
              Messages<span class="vh"> of {r.name}</span>
            </button>
          </div>
        )}
        {listed && <Letters receiver={r} acts={acts} done={done} />}
      </div>
    </article>
  );

  async function remove() {
    const atPage = () => focusLater(() => document.getElementById("messages"));
    told(await api.removeReceiver(r.id), `${r.name} is removed.`, atPage);
  }
  async function test() {
    told(await api.testReceiver(r.id), `A test message goes to ${r.name}.`);
  }
  async function showSecret() {
    secret(await api.showSecret(r.id), `The secret of ${r.name} is shown.`);
  }
}

interface Acting {
  of: api.Receiver;
  label: string;
  /** Between the label and the receiver's name. */
  word?: string;
  act: () => void;
}

/** A button that says whose it is to who cannot see where it stands. */
const Act = ({ of, label, word = "of", act }: Acting) => (
  <button class="btn" onClick={act}>
    {label}
    <span class="vh">
      {" "}
      {word} {of.name}
    </span>
  </button>
);
