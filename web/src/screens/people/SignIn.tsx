import { useState } from "preact/hooks";
import * as api from "../../api";
import { asksForCode, CodeField } from "./CodeField";
import "./SignIn.css";

export function SignIn({ done }: { done: (me: api.Me) => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const [busy, setBusy] = useState(false);
  const asks = asksForCode(problem);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    const text = (name: string) => String(form.get(name) ?? "");
    const r = await api.signIn(text("login"), text("password"), text("code"));
    setBusy(false);
    if (r.ok) done(r.value);
    else setProblem(r.problem);
  };
  return (
    <main id="main" class="sign-in" tabIndex={-1}>
      <form class="panel pad" onSubmit={submit} aria-labelledby="sign-in">
        <h1 id="sign-in">Assay</h1>
        <p class="second">Claims, judged by somebody who is not paid for the answer.</p>
        <label class="field">
          <span>Login</span>
          <input class="in" name="login" autocomplete="username" autoFocus required />
        </label>
        <label class="field">
          <span>Password</span>
          <input
            class="in"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            aria-invalid={problem && !asks ? "true" : undefined}
            aria-describedby={problem ? "why" : undefined}
          />
        </label>
        {asks && <CodeField />}
        {problem && (
          <p class="err" id="why" role="alert">
            {problem.detail}
          </p>
        )}
        <button class="btn primary large" aria-disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
