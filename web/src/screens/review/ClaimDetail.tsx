// One claim of one's own: what became of it, why, what it earns, and what can be done.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { day, moment } from "../../format";
import { CallPlayer } from "../../parts/CallPlayer";
import { focusLater, useFocus } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { Trouble } from "../../parts/states";
import { follow } from "../../route";
import { ClaimChange } from "./ClaimForm";
import { ClaimRows } from "./ClaimRows";
import { Amount, Standing } from "./claimWords";
import { Dispute } from "./Dispute";
import { openedWords } from "./openedWords";

interface Props {
  claim: api.Claim;
  changed: () => void;
  dispute: () => void;
}

export function ClaimDetail({ claim, changed, dispute }: Props) {
  const [changing, change] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const done = () => {
    change(false);
    changed();
  };
  const withdraw = async () => {
    const r = await api.withdrawClaim(claim.id);
    setProblem(r.ok ? undefined : r.problem);
    changed();
  };
  return (
    <>
      <header>
        <h2 tabIndex={-1}>{claim.company}</h2>
        <span class="end">
          <Standing claim={claim} />
        </span>
      </header>
      <Facts claim={claim} />
      <Notice claim={claim} />
      {problem && <Trouble problem={problem} />}
      {claim.changeable && !changing && (
        <Acts change={() => change(true)} withdraw={() => void withdraw()} />
      )}
      {changing && (
        <div class="pad">
          <ClaimChange claim={claim} done={done} />
        </div>
      )}
      {claim.verdict && <ClaimRows verdict={claim.verdict} />}
      {!changing && <OwnAnswers claim={claim} />}
      <Calls claim={claim} />
      <Dispute claim={claim} open={dispute} />
    </>
  );
}

function Facts({ claim }: { claim: api.Claim }) {
  const { verdict, entry } = claim;
  return (
    <dl class="facts">
      <dt>Claim</dt>
      <dd>
        C-{claim.number}, {claim.campaign}
      </dd>
      {verdict && (
        <>
          <dt>Verdict</dt>
          <dd>
            {moment(verdict.final_at)}, checklist v{verdict.checklist_version}
          </dd>
        </>
      )}
      {verdict?.heard && (
        <>
          <dt>Heard</dt>
          <dd>
            The reviewer heard {Math.round(verdict.heard.share * 100)} % of the speech; it deters
            and does not prove.
          </dd>
        </>
      )}
      <dt>Money</dt>
      <dd>
        <Amount claim={claim} />
        {entry && `, earned in ${entry.period}`}
        {claim.opener && <div class="second">{openedWords(claim.opener)}</div>}
      </dd>
      <dt>Your words</dt>
      <dd>{claim.write_up}</dd>
    </dl>
  );
}

/** What is special about this claim, and what follows from it. */
function Notice({ claim }: { claim: api.Claim }) {
  const call = claim.calls[0]?.id ?? "";
  if (claim.state === "sent_back")
    return (
      <div class="pad stack notice">
        <p>
          <b>The reviewer says that this is another company.</b>
          {claim.sent_back && ` “${claim.sent_back.note}”`}
        </p>
        <p>Set the lead of the call right and claim again. It has cost you nothing.</p>
        <a class="btn primary" href={`/calls?call=${call}`} onClick={follow}>
          Set the lead right
        </a>
      </div>
    );
  if (claim.outcome === "passed_waiting") return <Waiting claim={claim} />;
  if (claim.state === "withdrawn")
    return (
      <p class="pad notice">You withdrew this claim. You can claim the lead again from its call.</p>
    );
  if (claim.verdict) return null;
  return (
    <div class="pad stack notice">
      {claim.first && (
        <p>
          Your manager put this claim first: “{claim.first.reason}” ({moment(claim.first.at)})
        </p>
      )}
      <p class="second">
        The reviewer sees neither your name nor your answers until the verdict is given.
      </p>
    </div>
  );
}

/** It passed: for its claimant to read a plan, for a plan at all, or for an earlier claim. */
function Waiting({ claim }: { claim: api.Claim }) {
  const { value } = useLoaded(api.plans, "claims");
  const unread = value?.versions.find((v) => v.to_read && v.campaign === claim.campaign);
  if (unread)
    return (
      <div class="pad stack notice">
        <p>
          <b>It passed and waits: read plan v{unread.version} first.</b> Nothing accrues under it
          until you have.
          {claim.read_until &&
            ` A colleague claimed the lead after you: after ${day(claim.read_until)} theirs may earn instead.`}
        </p>
        <a class="btn primary" href="/plans" onClick={follow}>
          Read the plan
        </a>
      </div>
    );
  const none = value && !value.versions.some((v) => v.campaign === claim.campaign);
  if (none)
    return (
      <p class="pad notice">Passed, and waits until a manager approves a plan for its campaign.</p>
    );
  return (
    <p class="pad notice">
      Passed. A colleague claimed this lead before you: if that claim passes, theirs earns, else
      yours does.
      {claim.waits_until && ` You know by ${day(claim.waits_until)} at the latest.`}
    </p>
  );
}

/** While nobody has taken it. Withdrawing is asked about once. */
function Acts({ change, withdraw }: { change: () => void; withdraw: () => void }) {
  const [asking, ask] = useState(false);
  const askRef = useRef<HTMLButtonElement>(null);
  const keep = () => {
    ask(false);
    focusLater(() => askRef.current);
  };
  if (asking) return <Sure withdraw={withdraw} keep={keep} />;
  return (
    <div class="pad wrap">
      <button class="btn" onClick={change}>
        Change this claim
      </button>
      <button class="btn" ref={askRef} onClick={() => ask(true)}>
        Withdraw
      </button>
      <span class="second small">until somebody takes it</span>
    </div>
  );
}

function Sure({ withdraw, keep }: { withdraw: () => void; keep: () => void }) {
  const keepRef = useFocus<HTMLButtonElement>();
  return (
    <div class="pad">
      <div class="stack ask" role="alertdialog" aria-labelledby="withdraw">
        <p id="withdraw">
          <b>Withdraw this claim?</b> It leaves the queue. You can claim the lead again.
        </p>
        <div class="wrap">
          <button class="btn" ref={keepRef} onClick={keep}>
            Keep it
          </button>
          <button class="btn danger" onClick={withdraw}>
            Withdraw it
          </button>
        </div>
      </div>
    </div>
  );
}

function OwnAnswers({ claim }: { claim: api.Claim }) {
  const must = claim.checklist.filter((c) => c.must_pass);
  if (must.length === 0) return null;
  const label = (c: api.Criterion) =>
    c.answers.find((a) => a.id === claim.own_answers[c.id])?.label;
  return (
    <details class="more">
      <summary>Your own answers</summary>
      <dl class="facts">
        {must.map((c) => (
          <div key={c.id} class="pair-row">
            <dt>{c.title}</dt>
            <dd>{label(c) ?? <span class="mark">blank</span>}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** Its calls, loaded when they are asked for, with the reviewer's moments drawn. */
function Calls({ claim }: { claim: api.Claim }) {
  const [open, setOpen] = useState(false);
  const rows = claim.verdict?.rows ?? [];
  const shown = (call: string) =>
    rows.flatMap((r) => (r.evidence?.call === call ? { ...r.evidence, title: r.title } : []));
  const calls = claim.calls.filter((c) => c.duration_ms !== null);
  if (calls.length === 0) return null;
  return (
    <details class="more" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{calls.length === 1 ? "The whole call" : `The ${calls.length} calls`}</summary>
      {open &&
        calls.map((c) => (
          <div key={c.id} class="pad stack">
            <CallPlayer
              call={c.id}
              length={c.duration_ms ?? 0}
              label={`Call of ${moment(c.started_at)}`}
              shown={shown(c.id)}
            />
          </div>
        ))}
    </details>
  );
}
