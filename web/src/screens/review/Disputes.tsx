// What telemarketers dispute. A manager rules on eligibility alone; the answers are a second
// reviewer's.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { ClipPlayer } from "../../parts/ClipPlayer";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { Empty, Loading, Trouble } from "../../parts/states";

const STATES = {
  open: "Being judged afresh",
  stands: "The verdict stands",
  changed: "The verdict was changed",
  ineligible: "Not taken up",
};

export function Disputes() {
  const { value, problem, again } = useLoaded(api.disputes);
  const [refused, setRefused] = useState<api.Problem>();
  const ask = (id: string) =>
    void api
      .askAnother(id)
      .then((r) => (r.ok ? (setRefused(undefined), again()) : setRefused(r.problem)));
  const rule = (id: string, why: "duplicate" | "wrong_claimant") =>
    void api
      .ruleOut(id, why)
      .then((r) => (r.ok ? (setRefused(undefined), again()) : setRefused(r.problem)));
  return (
    <main id="main" class="page" tabIndex={-1}>
      {value && value.nobody_left.length > 0 && <NobodyLeft claims={value.nobody_left} />}
      <section class="panel">
        <header>
          <h1>Disputes</h1>
          <span class="second">a second reviewer answers them; you rule on eligibility alone</span>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {refused && <Trouble problem={refused} />}
        {!value && !problem && <Loading what="disputes" />}
        {value?.disputes.length === 0 && (
          <Empty title="No disputes">
            <p>A telemarketer may dispute failed rows. They then show here.</p>
          </Empty>
        )}
        {value && value.disputes.length > 0 && (
          <table class="stacking single">
            <thead>
              <tr>
                <th scope="col">Claim</th>
                <th scope="col">What is said, and where</th>
                <th scope="col">State</th>
                <th scope="col">
                  <span class="vh">Rule</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {value.disputes.map((d) => (
                <DisputeRow
                  key={d.id}
                  d={d}
                  ask={() => ask(d.id)}
                  rule={(why) => rule(d.id, why)}
                />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}

/** Claims that wait for a reviewer who may hear them: nobody else will say so. */
function NobodyLeft({ claims }: { claims: api.StuckClaim[] }) {
  return (
    <section class="panel" aria-labelledby="nobody-left">
      <header>
        <h2 id="nobody-left">Claims that nobody may judge</h2>
        <span class="second">
          every reviewer has heard the lead before or has an interest; they wait until the box’s
          administrator enters another reviewer
        </span>
      </header>
      <table class="stacking single">
        <thead>
          <tr>
            <th scope="col">Claim</th>
            <th scope="col">Campaign</th>
            <th scope="col">Claimed</th>
          </tr>
        </thead>
        <tbody>
          {claims.map((c) => (
            <tr key={c.id}>
              <td>
                <b>{c.company}</b>
                <br />
                <span class="muted small">
                  C-{c.number}, {c.claimant}
                </span>
              </td>
              <td>{c.campaign}</td>
              <td>{moment(c.created_at)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface DisputeRowProps {
  d: api.Dispute;
  ask: () => void;
  rule: (why: "duplicate" | "wrong_claimant") => void;
}

function DisputeRow({ d, ask, rule }: DisputeRowProps) {
  return (
    <tr>
      <td>
        <b>{d.company}</b>
        <br />
        <span class="muted small">
          C-{d.claim}, {d.claimant}
        </span>
      </td>
      <td>
        <ul class="stack">
          {d.rows.map((r) => (
            <li key={r.criterion}>
              <b>{r.title}:</b> {r.reason}{" "}
              <ClipPlayer
                call={r.clip.call}
                from={r.clip.from_ms}
                to={r.clip.to_ms}
                label={`Play the moment of ${d.company} for ${r.title}`}
              />
            </li>
          ))}
        </ul>
      </td>
      <td>
        <State shape={d.state === "open" ? "dispute" : d.state === "changed" ? "pass" : "fail"}>
          {STATES[d.state]}
        </State>
        <br />
        <span class="muted small">
          {d.decided_at ? moment(d.decided_at) : `due ${moment(d.due_at)}`}
        </span>
        {d.waits === "nobody_left" && (
          <p class="small">
            Every reviewer who may judge it has heard this call before. It waits for another one:
            the box’s administrator enters reviewers.
          </p>
        )}
        {d.waits === "left_unconfirmed" && (
          <p class="small">Its reviewer answered, and never gave the last word.</p>
        )}
      </td>
      <td>
        {d.waits === "left_unconfirmed" && (
          <div class="wrap">
            <button class="btn" onClick={() => ask()}>
              Ask another reviewer
            </button>
          </div>
        )}
        {d.state === "open" && (
          <div class="wrap">
            <button class="btn" onClick={() => rule("duplicate")}>
              The lead is a duplicate
            </button>
            <button class="btn" onClick={() => rule("wrong_claimant")}>
              Not their claim
            </button>
          </div>
        )}
      </td>
    </tr>
  );
}
