// A comment pinned to what was just said: for coaching, or for a later review.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { clock } from "../format";
import { TAGS } from "../parts/Comments";
import { Trouble } from "../parts/states";

export function Pin({ clip, close }: { clip: api.Evidence; close: (said?: string) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<api.Problem>();
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const r = await api.comment(clip.call, {
      from_ms: clip.from_ms,
      to_ms: clip.to_ms,
      tag: String(form.get("tag")) || null,
      text: String(form.get("text")),
    });
    if (r.ok) close("Comment pinned.");
    else setProblem(r.problem);
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="pin-title" onClose={() => close()}>
      <header>
        <h1 id="pin-title">
          Comment on {clock(clip.from_ms)} to {clock(clip.to_ms)}
        </h1>
      </header>
      <form class="pad stack" onSubmit={send}>
        <label class="field">
          <span>Tag</span>
          <select class="in" name="tag">
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
          <textarea class="in" name="text" rows={3} required autoFocus />
        </label>
        {problem && <Trouble problem={problem} />}
        <div class="wrap">
          <button class="btn primary">Pin it</button>
          <button type="button" class="btn" onClick={() => close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}
