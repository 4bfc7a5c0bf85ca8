// A comment pinned to what was just said: for coaching, or for a later review. One that was begun
// and not pinned is here as it was left.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { clock } from "../format";
import { TAGS } from "../parts/Comments";
import { lasting } from "../parts/mirror";
import { Trouble } from "../parts/states";

interface Begun {
  from_ms: number;
  to_ms: number;
  tag: string | null;
  text: string;
}

export function Pin({ clip, close }: { clip: api.Evidence; close: (said?: string) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<api.Problem>();
  const { from_ms, to_ms } = clip;
  const browser = lasting<Begun>(`comment.${clip.call}`);
  const [before] = useState(browser.get);
  const [begun, set] = useState<Begun>(before ?? { from_ms, to_ms, tag: null, text: "" });
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const change = (part: Partial<Begun>) => {
    const next = { ...begun, ...part };
    set(next);
    if (next.text) browser.put(next);
    else browser.drop();
  };
  const done = (said?: string) => {
    browser.drop();
    close(said);
  };
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const r = await api.comment(clip.call, begun);
    if (r.ok) done("Comment pinned.");
    else setProblem(r.problem);
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="pin-title" onClose={() => close()}>
      <header>
        <h1 id="pin-title">
          Comment on {clock(begun.from_ms)} to {clock(begun.to_ms)}
        </h1>
      </header>
      <form class="pad stack" onSubmit={send}>
        {before && <p class="second">You began this one before. It is not pinned yet.</p>}
        <label class="field">
          <span>Tag</span>
          <select
            class="in"
            name="tag"
            value={begun.tag ?? ""}
            onChange={(e) => change({ tag: e.currentTarget.value || null })}
          >
            <option value="">none</option>
            {TAGS.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Comment</span>
          <textarea
            class="in"
            name="text"
            rows={3}
            required
            autoFocus
            value={begun.text}
            onInput={(e) => change({ text: e.currentTarget.value })}
          />
        </label>
        {problem && <Trouble problem={problem} />}
        <div class="wrap">
          <button class="btn primary">Pin it</button>
          <button type="button" class="btn" onClick={() => done()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
