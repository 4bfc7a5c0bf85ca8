// Claims: the verdict, the reason, the seconds and the money stay together.
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { clock, moment, sum } from "../../format";
import { useAddress } from "../../parts/address";
import { Find } from "../../parts/Find";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { Pick } from "../../parts/Pick";
import { reveal } from "../../parts/reveal";
import { Empty, Loading, Trouble } from "../../parts/states";
import { ClaimDetail } from "./ClaimDetail";
import { useClaimPages } from "./claimPages";
import { Amount, Standing, Why } from "./claimWords";
import { DisputeForm } from "./DisputeForm";
import type { Own } from "./news";
import "./Claims.css";

const DECIDED: [string, string][] = [
  ["false", "waiting for a verdict"],
  ["true", "decided"],
];

export function Claims({ own }: { own: Own }) {
  const { claims, unseen, see } = own;
  const statement = useLoaded(api.statement, "claims");
  // An entry of the statement leads here by the claim's number; so does a reload.
  const [fields, change] = useAddress();
  const number = Number(fields.get("claim")) || undefined;
  const [disputing, dispute] = useState(false);
  const { list, next, more, problem } = useClaimPages(claims.value, fields, number);
  const opened = list?.find((c) => c.number === number);
  const claim = opened ?? list?.[0];
  const sideRef = useRef<HTMLElement>(null);
  useSeen(opened, unseen, see);
  const choose = (c: api.Claim) => {
    change({ claim: String(c.number) }, true);
    reveal(sideRef.current);
  };
  const back = () => {
    dispute(false);
    focusLater(() => sideRef.current?.querySelector("h2"));
    claims.again();
  };
  if (claim && disputing) return <DisputeForm key={claim.id} claim={claim} back={back} />;
  return (
    <main id="main" class="page with-side" tabIndex={-1}>
      <Totals list={claims.value?.claims ?? []} statement={statement.value} />
      <section class="panel">
        <header>
          <h1>My claims</h1>
          {unseen.length > 1 && (
            <button class="btn end" onClick={() => see(...unseen)}>
              Mark {unseen.length} verdicts as seen
            </button>
          )}
        </header>
        <form class="filters" role="search" onSubmit={(e) => e.preventDefault()}>
          <Find placeholder="Company or C-1001" {...{ fields, change }} />
          <Pick name="decided" label="Show" all={DECIDED} none="all" {...{ fields, change }} />
        </form>
        {claims.problem && <Trouble problem={claims.problem} again={claims.again} />}
        {!list && !claims.problem && <Loading what="your claims" />}
        {problem && <Trouble problem={problem} />}
        {list?.length === 0 &&
          (fields.get("q") || fields.get("decided") ? (
            <Empty title="No claim fits">
              <p>Take something away above.</p>
            </Empty>
          ) : (
            <NoClaims />
          ))}
        {list && list.length > 0 && (
          <List list={list} claim={claim} unseen={unseen} choose={choose} />
        )}
        {next !== null && (
          <p class="pad">
            <button class="btn" onClick={more}>
              Earlier claims
            </button>
          </p>
        )}
      </section>
      <aside class="panel" aria-label="The claim" ref={sideRef}>
        {claim ? (
          <ClaimDetail
            key={claim.id}
            claim={claim}
            changed={claims.again}
            dispute={() => dispute(true)}
          />
        ) : (
          <Empty title="No claim chosen" />
        )}
      </aside>
    </main>
  );
}

/** What is open in front of somebody has been seen; behind another window it has not. */
function useSeen(opened: api.Claim | undefined, unseen: api.Claim[], see: Own["see"]) {
  const fresh = opened && unseen.includes(opened) ? opened : undefined;
  useEffect(() => {
    if (!fresh) return;
    const look = () => document.visibilityState === "visible" && see(fresh);
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [fresh, see]);
}

const NoClaims = () => (
  <Empty title="No claims yet">
    <p>
      Open a call under <a href="/calls">My calls</a> and claim its lead.
    </p>
  </Empty>
);

const WAITING: api.Claim["state"][] = ["open", "in_review", "held"];
const many = (n: number) => `${n} ${n === 1 ? "claim" : "claims"}`;

function Totals({ list, statement }: { list: api.Claim[]; statement?: api.Statement }) {
  return (
    <section class="panel tiles wide" aria-label="Totals">
      <div class="first">
        <span class="label">Earned this month</span>
        <b>{statement ? sum(statement.earned_this_period) : " "}</b>
      </div>
      <div>
        <span class="label">Payable by today</span>
        <b>{statement ? sum(statement.payable) : " "}</b>
      </div>
      <div>
        <span class="label">Waiting for a verdict</span>
        <b>{many(list.filter((c) => WAITING.includes(c.state)).length)}</b>
      </div>
      <div>
        <span class="label">In dispute</span>
        <b>{many(list.filter((c) => c.dispute?.state === "open").length)}</b>
      </div>
    </section>
  );
}

interface ListProps {
  list: api.Claim[];
  claim: api.Claim | undefined;
  unseen: api.Claim[];
  choose: (claim: api.Claim) => void;
}

function List({ list, claim, unseen, choose }: ListProps) {
  return (
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
      <tbody>
        {list.map((c) => (
          <tr key={c.id} aria-selected={c === claim} data-claim={c.number}>
            <td>
              <button class="link" onClick={() => choose(c)}>
                <b>{c.company}</b>
              </button>{" "}
              {unseen.includes(c) && <span class="mark">new</span>}
              <br />
              <span class="muted small">
                {c.calls[0] &&
                  `${moment(c.calls[0].started_at)} · ${clock(c.calls[0].duration_ms ?? 0)}`}
              </span>
            </td>
            <td>
              <Standing claim={c} />
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
  );
}
