// A manager puts a claim that waits before the others, with a reason that its claimant reads, or
// back into its turn.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { useFocus } from "../../parts/focus";
import { Trouble } from "../../parts/states";

const LEAST = 5;
const MOST = 200;

interface Props {
  waiting: { claim: string; first: boolean };
  done: () => void;
}

export function First({ waiting, done }: Props) {
  const [asking, ask] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const put = (reason?: string) =>
    void api.putFirst(waiting.claim, !waiting.first, reason).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (!r.ok) return;
      ask(false);
      done();
    });
  return (
    <>
      {" "}
      {waiting.first && <span class="mark">judged first</span>}{" "}
      {waiting.first && (
        <button class="btn" onClick={() => put()}>
          Back into its turn
        </button>
      )}
      {!waiting.first && !asking && (
        <button class="btn" onClick={() => ask(true)}>
          Judge it first
        </button>
      )}
      {!waiting.first && asking && <Reason put={put} back={() => ask(false)} />}
      {problem && <Trouble problem={problem} />}
    </>
  );
}

function Reason({ put, back }: { put: (reason: string) => void; back: () => void }) {
  const [reason, set] = useState("");
  const inputRef = useFocus<HTMLInputElement>();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (reason.trim().length >= LEAST) put(reason.trim());
  };
  return (
    <form class="stack" onSubmit={submit} aria-label="Judge it first">
      <label class="field">
        <span>Why before the others? The claimant reads it.</span>
        <input
          class="in"
          ref={inputRef}
          required
          minLength={LEAST}
          maxLength={MOST}
          value={reason}
          onInput={(e) => set(e.currentTarget.value)}
        />
      </label>
      <div class="wrap">
        <button class="btn primary">Put it first</button>
        <button type="button" class="btn" onClick={back}>
          Leave it in its turn
        </button>
      </div>
    </form>
  );
}
