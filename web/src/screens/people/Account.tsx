// One's own account: password, second factor, and where one is signed in.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Loading, Trouble } from "../../parts/states";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import "./Account.css";

interface Props {
  me: api.Me;
  /** Who has just set up a second factor, or taken it off, is read anew. */
  changed: () => void;
}

export function Account({ me, changed }: Props) {
  const { value, problem, again } = useLoaded(api.ownSessions, "sessions");
  const [said, say] = useState("");
  const done = (what: string) => {
    say(what);
    again();
  };
  const own = (what: string) => {
    done(what);
    changed();
  };
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title">
        <h1>Your account</h1>
        <span class="second">
          {me.login}, {me.role}
        </span>
        <span class="vh" role="status">
          {said}
        </span>
      </div>
      {me.password_is_first && (
        <p class="banner" role="status">
          Somebody else made your password. Set one here that only you know, then everything else
          opens.
        </p>
      )}
      {me.second_factor_missing && (
        <p class="banner" role="status">
          Your role needs a second factor. Set one up here, then everything else opens.
        </p>
      )}
      {problem && !me.second_factor_missing && !me.password_is_first && (
        <Trouble problem={problem} again={again} />
      )}
      {me.password_is_first && <Password open done={own} />}
      <SecondFactor me={me} left={value?.recovery_codes_left} done={own} />
      {!me.password_is_first && <Password done={done} />}
      {!value && !problem && <Loading what="your sessions" />}
      {value && <Sessions sessions={value.sessions} done={done} />}
    </main>
  );
}

function Sessions({
  sessions,
  done,
}: {
  sessions: api.OwnSession[];
  done: (said: string) => void;
}) {
  const [problem, setProblem] = useState<api.Problem>();
  const told = (r: api.Result<void>, said: string) => {
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(said);
  };
  const end = async (s: api.OwnSession) =>
    told(await api.endSession(s.id), `The session from ${s.address} has ended.`);
  const others = async () => told(await api.endOtherSessions(), "All other sessions have ended.");
  return (
    <section class="panel" aria-labelledby="sessions">
      <header>
        <h2 id="sessions">Where you are signed in</h2>
      </header>
      <table class="stacking single">
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">With</th>
            <th scope="col">Since</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span class="vh">End it</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((s) => (
            <tr key={s.id}>
              <td>{s.address}</td>
              <td class="agent">{browser(s.agent)}</td>
              <td>since {moment(s.created_at)}</td>
              <td>
                {s.own ? "used now" : s.seen_at ? `used ${moment(s.seen_at)}` : "not used since"}
              </td>
              <td>
                {s.own ? (
                  "this one"
                ) : (
                  <button
                    class="btn"
                    aria-label={`End it: the session from ${s.address}`}
                    onClick={() => void end(s)}
                  >
                    End it
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {problem && <Trouble problem={problem} />}
      {sessions.length > 1 && (
        <div class="pad">
          <button class="btn" onClick={() => void others()}>
            End all others
          </button>
        </div>
      )}
    </section>
  );
}

/** What a browser says it is, in the words that people use. */
export function browser(agent: string): string {
  const name = [
    ["Edg/", "Edge"],
    ["OPR/", "Opera"],
    ["Firefox/", "Firefox"],
    ["Chrome/", "Chrome"],
    ["Safari/", "Safari"],
  ].find(([mark]) => mark && agent.includes(mark))?.[1];
  const on = ["Windows", "Android", "iPhone", "iPad", "Mac", "Linux"].find((s) =>
    agent.includes(s),
  );
  if (!name) return agent || "not said";
  return on ? `${name} on ${on}` : name;
}
