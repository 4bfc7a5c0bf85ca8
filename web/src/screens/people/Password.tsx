// A new password of one's own.
import { useState } from "preact/hooks";
import * as api from "../../api";

interface Props {
  /** Unfolded: it is what is to be done now. */
  open?: boolean;
  done: (said: string) => void;
}

export function Password({ open, done }: Props) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const text = (name: string) => String(new FormData(form).get(name));
    if (text("new") !== text("again")) {
      setProblem("The new password is not the same both times.");
      return;
    }
    setBusy(true);
    const r = await api.setOwnPassword(text("current"), text("new"));
    setBusy(false);
    setProblem(r.ok ? undefined : `${r.problem.title}. ${r.problem.detail}`);
    if (!r.ok) return;
    form.reset();
    done("Your password is changed, and all other sessions have ended.");
  };
  return (
    <details class="panel fold" open={open}>
      <summary>Change your password</summary>
      <form class="pad stack" onSubmit={(e) => void submit(e)} aria-label="Change your password">
        <label class="field">
          <span>Present password</span>
          <input
            class="in"
            name="current"
            type="password"
            autocomplete="current-password"
            required
          />
        </label>
        <label class="field">
          <span>New password</span>
          <input
            class="in"
            name="new"
            type="password"
            autocomplete="new-password"
            minLength={12}
            maxLength={256}
            required
            aria-describedby="new-hint"
          />
        </label>
        <p id="new-hint" class="muted small">
          At least 12 characters. Four words that do not belong together are good.
        </p>
        <label class="field">
          <span>New password once more</span>
          <input class="in" name="again" type="password" autocomplete="new-password" required />
        </label>
        <p class="err" role="alert">
          {problem}
        </p>
        <div class="wrap">
          <button class="btn primary" aria-disabled={busy}>
            {busy ? "Changing …" : "Change it"}
          </button>
          <span class="muted small">All your other sessions end.</span>
        </div>
      </form>
    </details>
  );
}
