// A session that ended asks for the password over the page: everything under it stays, and what failed is repeated.
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { events } from "../../events";
import { gate } from "../../gate";
import { asksForCode, CodeField } from "./CodeField";
import "./SignInAgain.css";

/** Shows while requests wait for somebody to sign in again. */
export function SignInAgain({ me }: { me: api.Me }) {
  const [asked, ask] = useState(false);
  useEffect(() => gate.watch(ask), []);
  return asked ? <Asking me={me} /> : null;
}

function Asking({ me }: { me: api.Me }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState<api.Problem>();
  const [other, setOther] = useState<api.Me>();
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => from?.focus();
  }, []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    const text = (name: string) => String(form.get(name) ?? "");
    const r = await api.signIn(me.login, text("password"), text("code"));
    setBusy(false);
    if (!r.ok) setProblem(r.problem);
    // What waits here is this person's, and is sent in nobody else's name.
    else if (r.value.id !== me.id) setOther(r.value);
    else {
      gate.opened();
      events.wake();
    }
  };
  return (
    <dialog
      ref={dialog}
      class="dialog sign-in-again"
      aria-labelledby="again-title"
      onCancel={(e) => e.preventDefault()}
    >
      <header>
        <h1 id="again-title">Your session ended</h1>
      </header>
      {other ? <SomebodyElse me={me} other={other} /> : <Form {...{ me, submit, busy, problem }} />}
    </dialog>
  );
}

interface FormProps {
  me: api.Me;
  submit: (event: SubmitEvent) => void;
  busy: boolean;
  problem: api.Problem | undefined;
}

const Form = ({ me, submit, busy, problem }: FormProps) => (
  <form class="stack" onSubmit={submit}>
    <p>
      Everything on the page is as you left it. Sign in, and what was not saved yet is sent then.
    </p>
    <label class="field">
      <span>Login</span>
      <input class="in" name="username" autocomplete="username" value={me.login} readOnly />
    </label>
    <label class="field">
      <span>Password of {me.name}</span>
      <input
        class="in"
        name="password"
        type="password"
        autocomplete="current-password"
        autoFocus
        required
        aria-invalid={problem && !asksForCode(problem) ? "true" : undefined}
        aria-describedby="again-why"
      />
    </label>
    {asksForCode(problem) && <CodeField />}
    <p class="err" id="again-why" role="alert">
      {problem?.detail}
    </p>
    <div class="wrap">
      <button class="btn primary" aria-disabled={busy}>
        {busy ? "Signing in …" : "Sign in and go on"}
      </button>
      <button type="button" class="btn" onClick={() => location.reload()}>
        I am somebody else
      </button>
    </div>
  </form>
);

const SomebodyElse = ({ me, other }: { me: api.Me; other: api.Me }) => (
  <div class="stack">
    <p role="alert">
      <b>You signed in as {other.name}.</b> This page is {me.name}’s, and nothing on it is sent in
      your name.
    </p>
    <button class="btn primary" onClick={() => location.reload()}>
      Open your own page
    </button>
  </div>
);
