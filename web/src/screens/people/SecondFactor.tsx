// A second factor: set up with a picture and a code, kept with recovery codes, taken off with both.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { useFocus } from "../../parts/focus";

interface Props {
  me: api.Me;
  /** Recovery codes that are left; not known yet. */
  left: number | undefined;
  done: (said: string) => void;
}

type Step = { at: "start" } | { at: "scan"; made: api.NewSecondFactor } | Codes;
interface Codes {
  at: "codes";
  codes: string[];
}

export function SecondFactor({ me, left, done }: Props) {
  const [step, go] = useState<Step>({ at: "start" });
  return (
    <section class="panel second-factor" aria-labelledby="second-factor">
      <header>
        <h2 id="second-factor">Second factor</h2>
        <span class="second">
          {me.second_factor
            ? "on: a code of your authenticator is asked for when you sign in"
            : "off: your password alone opens this account"}
        </span>
      </header>
      {step.at === "codes" ? (
        <Recovery
          codes={step.codes}
          close={() => {
            go({ at: "start" });
            done("Your second factor is on.");
          }}
        />
      ) : me.second_factor ? (
        <On left={left} done={done} />
      ) : step.at === "scan" ? (
        <Scan made={step.made} codes={(codes) => go({ at: "codes", codes })} />
      ) : (
        <Start made={(made) => go({ at: "scan", made })} />
      )}
    </section>
  );
}

/** A form that sends what was typed, and says what the box says. */
function useSending(send: (form: FormData) => Promise<api.Problem | undefined>) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    const refused = await send(form);
    setBusy(false);
    setProblem(refused && `${refused.title}. ${refused.detail}`);
  };
  return { submit: (e: SubmitEvent) => void submit(e), problem, busy };
}

const PasswordField = () => (
  <label class="field">
    <span>Your password</span>
    <input class="in" name="password" type="password" autocomplete="current-password" required />
  </label>
);

const CodeField = ({ hint }: { hint: string }) => (
  <label class="field">
    <span>{hint}</span>
    <input class="in" name="code" autocomplete="one-time-code" maxLength={20} required />
  </label>
);

function Start({ made }: { made: (made: api.NewSecondFactor) => void }) {
  const { submit, problem, busy } = useSending(async (form) => {
    const r = await api.beginSecondFactor(String(form.get("password")));
    if (!r.ok) return r.problem;
    made(r.value);
    return undefined;
  });
  return (
    <form class="pad stack" onSubmit={submit} aria-label="Set up a second factor">
      <p>
        With an authenticator on your phone, whoever learns your password still does not get in. Any
        app that shows six digits every half minute will do.
      </p>
      <PasswordField />
      <p class="err" role="alert">
        {problem}
      </p>
      <div class="wrap">
        <button class="btn primary" aria-disabled={busy}>
          Set it up
        </button>
      </div>
    </form>
  );
}

interface ScanProps {
  made: api.NewSecondFactor;
  codes: (codes: string[]) => void;
}

function Scan({ made, codes }: ScanProps) {
  const { submit, problem, busy } = useSending(async (form) => {
    const r = await api.confirmSecondFactor(String(form.get("code")));
    if (!r.ok) return r.problem;
    codes(r.value.codes);
    return undefined;
  });
  return (
    <form class="pad stack" onSubmit={submit} aria-label="Show that it works">
      <p>Scan this with your authenticator, or type the secret in. Then enter the code it shows.</p>
      <img
        class="picture"
        alt="The secret as a picture, for your authenticator"
        src={`data:image/svg+xml;utf8,${encodeURIComponent(made.picture)}`}
      />
      <p>
        <code class="secret-text">{made.secret}</code>{" "}
        <a href={made.uri}>Open it in an authenticator on this device</a>
      </p>
      <CodeField hint="Code" />
      <p class="err" role="alert">
        {problem}
      </p>
      <div class="wrap">
        <button class="btn primary" aria-disabled={busy}>
          Turn it on
        </button>
      </div>
    </form>
  );
}

function Recovery({ codes, close }: { codes: string[]; close: () => void }) {
  const headRef = useFocus<HTMLHeadingElement>();
  return (
    <div class="pad stack">
      <h3 ref={headRef} tabIndex={-1}>
        Your recovery codes
      </h3>
      <p>
        Print them, or write them down: each signs you in once where your authenticator is lost.
        They are shown this once.
      </p>
      <ul class="recovery">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div class="wrap">
        <button class="btn" onClick={() => window.print()}>
          Print
        </button>
        <button class="btn primary" onClick={close}>
          I have them
        </button>
      </div>
    </div>
  );
}

function On({ left, done }: { left: number | undefined; done: (said: string) => void }) {
  const { submit, problem, busy } = useSending(async (form) => {
    const text = (name: string) => String(form.get(name));
    const r = await api.removeSecondFactor(text("password"), text("code"));
    if (!r.ok) return r.problem;
    done("Your second factor is off.");
    return undefined;
  });
  return (
    <div class="pad stack">
      {left !== undefined && (
        <p>
          {left} of 10 recovery codes are left.
          {left < 3 && " Take it off and set it up again for ten new ones."}
        </p>
      )}
      <details>
        <summary>Take it off, or move to another phone</summary>
        <form class="stack" onSubmit={submit} aria-label="Take the second factor off">
          <PasswordField />
          <CodeField hint="A code, or a recovery code" />
          <p class="err" role="alert">
            {problem}
          </p>
          <div class="wrap">
            <button class="btn" aria-disabled={busy}>
              Take it off
            </button>
          </div>
        </form>
      </details>
    </div>
  );
}
