// Claims: the verdict, the reason, the seconds and the money stay together.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { clock, moment, money, sum } from "../../format";
import { ClipPlayer } from "../../parts/ClipPlayer";
import { useLoaded } from "../../parts/load";
import { State } from "../../parts/marks";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Dispute } from "./Dispute";
import "./Claims.css";

export function Claims() {
  const claims = useLoaded(api.claims, "claims");
  const statement = useLoaded(api.statement, "claims");
  const [chosen, choose] = useState<string>();
  const list = claims.value?.claims;
  // An entry of the statement leads here by the claim's number.
  const asked = Number(new URLSearchParams(location.search).get("claim"));
  const claim =
    list?.find((c) => c.id === chosen) ?? list?.find((c) => c.number === asked) ?? list?.[0];
  const waiting = list?.filter((c) => c.state !== "decided").length ?? 0;
  return (
    <main id="main" class="page with-side" tabIndex={-1}>
      <section class="panel tiles wide" aria-label="Totals">
        <div class="first">
          <span class="label">Earned this month</span>
          <b>{statement.value ? sum(statement.value.earned_this_period) : " "}</b>
        </div>
        <div>
          <span class="label">Payable by today</span>
          <b>{statement.value ? sum(statement.value.payable) : " "}</b>
        </div>
        <div>
          <span class="label">Waiting for a verdict</span>
          <b>
            {waiting} {waiting === 1 ? "claim" : "claims"}
          </b>
        </div>
      </section>
      <section class="panel">
        <header>
          <h1>My claims</h1>
        </header>
        {claims.problem && <Trouble problem={claims.problem} again={claims.again} />}
        {!list && !claims.problem && <Loading what="your claims" />}
        {list?.length === 0 && (
          <Empty title="No claims yet">
            <p>
              Open a call under <a href="/calls">My calls</a> and claim its lead.
            </p>
          </Empty>
        )}
        {list && list.length > 0 && (
          <table class="stacking">
            <thead>
              <tr>
                <th scope="col">Company, call</th>
                <th scope="col">Verdict</th>
                <th scope="col">Why</th>
                <th scope="col" class="num">
                  Money
                </th>
              </tr>
            </thead>
            <tbody aria-live="polite">
              {list.map((c) => (
                <tr key={c.id} aria-selected={c === claim} data-claim={c.number}>
                  <td>
                    <button class="link" onClick={() => choose(c.id)}>
                      <b>{c.company}</b>
                    </button>
                    <br />
                    <span class="muted small">
                      {c.calls[0] &&
                        `${moment(c.calls[0].started_at)} · ${clock(c.calls[0].duration_ms ?? 0)}`}
                    </span>
                  </td>
                  <td>
                    <Verdict claim={c} />
                  </td>
                  <td>
                    <Why claim={c} />
                  </td>
                  <td class="num">
                    <Amount claim={c} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <aside class="panel" aria-label="The claim">
        {claim ? (
          <Detail claim={claim} changed={claims.again} />
        ) : (
          <Empty title="No claim chosen" />
        )}
      </aside>
    </main>
  );
}

function Verdict({ claim }: { claim: api.Claim }) {
  if (claim.dispute?.state === "open") return <State shape="dispute">Disputed</State>;
  if (claim.outcome === "failed") return <State shape="fail">Not passed</State>;
  if (claim.outcome) return <State shape="pass">Passed</State>;
  return claim.state === "in_review" ? (
    <State shape="review">In review</State>
  ) : (
    <State shape="open">In the queue</State>
  );
}

function Why({ claim }: { claim: api.Claim }) {
  if (claim.state === "open")
    return (
      <>
        {claim.position === 1
          ? "next in line"
          : claim.position
            ? `number ${claim.position} in line`
            : "waiting"}
      </>
    );
  if (claim.state === "in_review") return <>somebody is listening</>;
  const failed = claim.verdict?.rows.filter((r) => r.must_pass && r.passes === false) ?? [];
  if (failed.length > 0)
    return (
      <>
        {failed.map((r) => (
          <span key={r.criterion} class="reason">
            <b>{r.title}:</b> {r.answer?.toLowerCase()}
          </span>
        ))}
      </>
    );
  return (
    <>
      {claim.outcome === "passed_already_paid"
        ? "all proven; this lead has earned its one commission"
        : "all proven"}
    </>
  );
}

function Amount({ claim }: { claim: api.Claim }) {
  if (claim.entry) return <b>{money(claim.entry.amount)}</b>;
  return claim.state === "decided" ? <b>none</b> : <span class="muted">open</span>;
}

function Detail({ claim, changed }: { claim: api.Claim; changed: () => void }) {
  return (
    <>
      <header>
        <h2>{claim.company}</h2>
        <span class="end">
          <Verdict claim={claim} />
        </span>
      </header>
      <dl class="facts">
        <dt>Claim</dt>
        <dd>
          C-{claim.number}, {claim.campaign}
        </dd>
        {claim.verdict && (
          <>
            <dt>Verdict</dt>
            <dd>
              {moment(claim.verdict.final_at)}, checklist v{claim.verdict.checklist_version}
            </dd>
          </>
        )}
        <dt>Money</dt>
        <dd>
          <Amount claim={claim} />
          {claim.entry && `, earned in ${claim.entry.period}`}
        </dd>
        <dt>Your words</dt>
        <dd>{claim.write_up}</dd>
      </dl>
      {claim.dispute?.state === "changed" && (
        <p class="pad second small">As the first reviewer judged it:</p>
      )}
      {claim.verdict ? (
        <ul class="rows">
          {claim.verdict.rows
            .filter((r) => r.answer !== null)
            .map((r) => (
              <li key={r.criterion} class={r.must_pass && r.passes === false ? "bad" : ""}>
                <span>{r.title}</span>
                {r.must_pass ? (
                  <State shape={r.passes ? "pass" : "fail"}>{r.answer}</State>
                ) : (
                  <span>{r.answer}</span>
                )}
                {r.evidence && (
                  <ClipPlayer
                    call={r.evidence.call}
                    from={r.evidence.from_ms}
                    to={r.evidence.to_ms}
                    label={`Play the moment for ${r.title}`}
                  />
                )}
                {r.words && <p>“{r.words}”</p>}
                {r.note && <p class="second">{r.note}</p>}
              </li>
            ))}
          {claim.verdict.note && (
            <li>
              <p>{claim.verdict.note}</p>
            </li>
          )}
        </ul>
      ) : (
        <p class="pad second">
          The reviewer sees neither your name nor your answers until the verdict is given.
        </p>
      )}
      <Dispute key={claim.id} claim={claim} changed={changed} />
    </>
  );
}
