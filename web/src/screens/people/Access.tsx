// Who gets in: people, their lines, and machines, for administrators.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useAddress } from "../../parts/address";
import { Ask } from "../../parts/Ask";
import { Find } from "../../parts/Find";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { More } from "../../parts/More";
import { useSome } from "../../parts/some";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Secret } from "../messages/Secret";
import { Lines } from "./Lines";
import { Newcomer } from "./Newcomer";
import { Tokens } from "./Tokens";
import "./Account.css";

export function Access({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.everybody, "sessions");
  const [said, say] = useState("");
  const [made, reveal] = useState<{ name: string; secret: string }>();
  const [fields, change] = useAddress();
  const words = fields.get("q") ?? "";
  const done = (what: string) => {
    say(what);
    again();
  };
  const letIn = (name: string, secret: string) => {
    reveal({ name, secret });
    done("");
  };
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title">
        <h1>Access</h1>
        <span class="second">who gets in, and from how many places</span>
        <span class="vh" role="status">
          {said}
        </span>
      </div>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="everybody" />}
      {value && (
        <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
          <Find placeholder="Name, login, role or line" {...{ fields, change }} />
        </form>
      )}
      {value && (
        <section class="panel" aria-labelledby="people">
          <header>
            <h2 id="people" tabIndex={-1}>
              People
            </h2>
            <span class="second">each sets a password of their own under Account</span>
          </header>
          {made && (
            <Secret
              {...made}
              title={`The first password of ${made.name}`}
              hint="give it to them alone: it is shown this once"
              close={() => {
                reveal(undefined);
                focusLater(() => document.getElementById("people"));
              }}
            />
          )}
          <Newcomer clients={value.clients} added={letIn} again={again} />
          <Everybody people={value.people} {...{ me, words, done, letIn }} />
        </section>
      )}
      {value && <Lines {...value} words={words} />}
      <Tokens />
    </main>
  );
}

interface EverybodyProps extends Acts {
  people: api.SomebodyElse[];
  me: api.Me;
  words: string;
}

const saysPerson = (p: api.SomebodyElse) =>
  `${p.name} ${p.login} ${p.role} ${p.disabled_at ? "off" : ""}`;

function Everybody({ people, me, words, done, letIn }: EverybodyProps) {
  const { rows, found, more } = useSome(people, words, saysPerson);
  if (found === 0)
    return (
      <Empty title="Nobody fits that">
        <p>Look for less of the name, or add somebody above.</p>
      </Empty>
    );
  return (
    <>
      <p class="pad second" role="status">
        {words ? `${found} of ${people.length} people` : counted(people.length, "person", "people")}
      </p>
      <table class="stacking single">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">Signs in</th>
            <th scope="col">Second factor</th>
            <th scope="col">Sessions</th>
            <th scope="col">Wrong passwords</th>
            <th scope="col">
              <span class="vh">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((p) => (
            <Person key={p.id} p={p} own={p.id === me.id} done={done} letIn={letIn} />
          ))}
        </tbody>
      </table>
      <More of={{ more, problem: undefined }} />
    </>
  );
}

interface Acts {
  done: (said: string) => void;
  /** Shows a first password. */
  letIn: (name: string, password: string) => void;
}

interface PersonProps extends Acts {
  p: api.SomebodyElse;
  own: boolean;
}

const counted = (n: number, what: string, more = `${what}s`) =>
  `${n || "no"} ${n === 1 ? what : more}`;

const factor = (p: api.SomebodyElse) => {
  if (p.second_factor_since) return <State shape="pass">second factor on</State>;
  return p.second_factor_wanted ? (
    <State shape="fail">second factor missing</State>
  ) : (
    "password alone"
  );
};

function Person({ p, own, done, letIn }: PersonProps) {
  const [asked, ask] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const told = (r: api.Result<void>, said: string) => {
    setProblem(r.ok ? undefined : r.problem);
    ask(false);
    if (!r.ok) return;
    done(said);
    focusLater(() => document.getElementById("people"));
  };
  const acts: [string, () => Promise<void>][] = [];
  if (p.disabled_at)
    acts.push([
      "Let in again",
      async () => told(await api.enablePerson(p.id), `${p.name} may sign in again.`),
    ]);
  else if (!own) acts.push(["Switch off", async () => ask(true)]);
  if (p.sessions > 0 && !own)
    acts.push([
      "End sessions",
      async () => told(await api.endSessionsOf(p.id), `${p.name}’s sessions have ended.`),
    ]);
  if (p.second_factor_since && !own)
    acts.push([
      "Second factor lost",
      async () => told(await api.resetSecondFactor(p.id), `${p.name} sets up a new second factor.`),
    ]);
  if (!p.disabled_at && !own)
    acts.push([
      "Password lost",
      async () => {
        const r = await api.newPassword(p.id);
        setProblem(r.ok ? undefined : r.problem);
        if (r.ok) letIn(p.name, r.value.password);
      },
    ]);
  return (
    <>
      <tr>
        <td>
          {p.name} <span class="second">{p.login}</span>
        </td>
        <td>{p.role}</td>
        <td>{p.disabled_at ? `off since ${moment(p.disabled_at)}` : "may sign in"}</td>
        <td>{factor(p)}</td>
        <td>{counted(p.sessions, "session")}</td>
        <td>{counted(p.wrong_passwords, "wrong password")}</td>
        <td>
          <div class="wrap">
            {acts.map(([label, act]) => (
              <button
                key={label}
                class="btn"
                aria-label={`${label}: ${p.name}`}
                onClick={() => void act()}
              >
                {label}
              </button>
            ))}
          </div>
        </td>
      </tr>
      {(asked || problem) && (
        <tr>
          <td colSpan={7}>
            {problem && <Trouble problem={problem} />}
            {asked && (
              <Ask
                no="Leave it on"
                yes="Switch it off"
                back={() => ask(false)}
                act={() =>
                  void api
                    .disablePerson(p.id)
                    .then((r) => told(r, `${p.name} may not sign in any more.`))
                }
              >
                <b>Switch {p.name}’s login off?</b> Their sessions end now, and what is on their
                desk goes back into the queue. Their claims, verdicts and money stay.
              </Ask>
            )}
          </td>
        </tr>
      )}
    </>
  );
}
