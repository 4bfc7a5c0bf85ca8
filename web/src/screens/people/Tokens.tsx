// Tokens of machines: what each is good for, when it was used, and its end.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Secret } from "../messages/Secret";

const SCOPES: Record<api.Scope, string> = {
  pause: "pause and resume a recording",
  consent: "say that the other side consented",
  disposition: "say how a call came out",
  dialler: "say it by an address that a dialler opens",
  claim: "claim a lead for the telemarketer on the line",
  crm: "read leads that passed",
  crm_write: "say what sales answered and what became of a lead",
  leads: "bring lists of leads",
  payroll: "read payroll runs and their files",
  metrics: "read the box’s numbers",
};
const ALL = Object.keys(SCOPES) as api.Scope[];

export function Tokens() {
  const { value, problem, again } = useLoaded(api.tokens, "sessions");
  const [made, reveal] = useState<{ name: string; secret: string }>();
  const [said, say] = useState("");
  const [failed, setFailed] = useState<api.Problem>();
  const headRef = useRef<HTMLHeadingElement>(null);
  const revoke = async (t: api.ApiToken) => {
    const r = await api.revokeToken(t.id);
    setFailed(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    say(`${t.name} gets in no more.`);
    again();
    headRef.current?.focus();
  };
  return (
    <section class="panel" aria-labelledby="tokens">
      <header>
        <h2 id="tokens" tabIndex={-1} ref={headRef}>
          Machines
        </h2>
        <span class="second">tokens for the phone system, a CRM, payroll, metrics</span>
        <span class="vh" role="status">
          {said}
        </span>
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {failed && <Trouble problem={failed} />}
      {!value && !problem && <Loading what="tokens" />}
      {made && (
        <Secret
          {...made}
          title={`The token of ${made.name}`}
          hint="enter it in that machine now: it is shown this once"
          close={() => {
            reveal(undefined);
            headRef.current?.focus();
          }}
        />
      )}
      {value && (
        <Add
          clients={value.clients}
          added={(name, secret) => {
            reveal({ name, secret });
            again();
          }}
        />
      )}
      {value?.tokens.length === 0 && (
        <Empty title="No machine gets in yet">
          <p>Make a token for your phone system, and it can pause a recording.</p>
        </Empty>
      )}
      {value && value.tokens.length > 0 && <List tokens={value.tokens} revoke={revoke} />}
    </section>
  );
}

interface ListProps {
  tokens: api.ApiToken[];
  revoke: (t: api.ApiToken) => Promise<void>;
}

const List = ({ tokens, revoke }: ListProps) => (
  <table class="stacking single">
    <thead>
      <tr>
        <th scope="col">Machine</th>
        <th scope="col">May</th>
        <th scope="col">Reaches</th>
        <th scope="col">Last used</th>
        <th scope="col">Until</th>
        <th scope="col">
          <span class="vh">End it</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {tokens.map((t) => (
        <tr key={t.id}>
          <td>{t.name}</td>
          <td>{t.scopes.map((s) => SCOPES[s]).join("; ")}</td>
          <td>{t.client ?? "every client"}</td>
          <td>{t.used_at ? `used ${moment(t.used_at)} from ${t.used_from}` : "never used"}</td>
          <td>
            {t.revoked_at
              ? `ended ${moment(t.revoked_at)}`
              : t.expires_at
                ? `until ${moment(t.expires_at)}`
                : "until it is ended"}
          </td>
          <td>
            {!t.revoked_at && (
              <button
                class="btn"
                aria-label={`End it: the token of ${t.name}`}
                onClick={() => void revoke(t)}
              >
                End it
              </button>
            )}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

interface AddProps {
  clients: api.TokenClient[];
  added: (name: string, secret: string) => void;
}

function Add({ clients, added }: AddProps) {
  const [problem, setProblem] = useState<api.Problem>();
  const foldRef = useRef<HTMLDetailsElement>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const name = String(data.get("name")).trim();
    const days = Number(data.get("days"));
    const r = await api.addToken({
      name,
      client: String(data.get("client")) || null,
      scopes: ALL.filter((s) => data.has(s)),
      days: days > 0 ? days : null,
    });
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    form.reset();
    if (foldRef.current) foldRef.current.open = false;
    added(name, r.value.token);
  };
  return (
    <details class="fold" ref={foldRef}>
      <summary>Make a token</summary>
      <form class="pad stack" onSubmit={(e) => void submit(e)} aria-label="Make a token">
        <label class="field">
          <span>Which machine gets it?</span>
          <input class="in" name="name" required maxLength={80} placeholder="PBX at the office" />
        </label>
        <fieldset class="own stack wide">
          <legend>It may …</legend>
          {ALL.map((s) => (
            <label key={s} class="topic">
              <input type="checkbox" name={s} />
              <span>
                {SCOPES[s]} <code class="muted">{s}</code>
              </span>
            </label>
          ))}
        </fieldset>
        <label class="field">
          <span>Whose data does it reach?</span>
          <select class="in" name="client">
            <option value="">Every client’s</option>
            {clients.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name} alone
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>For how many days? Empty: until it is ended</span>
          <input class="in" name="days" type="number" min={1} max={3650} />
        </label>
        {problem && <Trouble problem={problem} />}
        <div class="wrap">
          <button class="btn primary">Make it</button>
        </div>
      </form>
    </details>
  );
}
