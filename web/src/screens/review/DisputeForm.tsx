// Disputing failed rows: for each, the moment by ear and a reason. Nothing is chosen beforehand; a
// reload loses nothing.
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { moment as dated } from "../../format";
import { CallPlayer } from "../../parts/CallPlayer";
import { ClipPlayer } from "../../parts/ClipPlayer";
import { useFocus } from "../../parts/focus";
import { State } from "../../parts/marks";
import { Trouble } from "../../parts/states";
import { failedRows } from "./claimWords";
import { Deadline } from "./Dispute";
import {
  asRows,
  blank,
  type Entries,
  type Entry,
  inBrowser,
  LEAST_REASON,
  type Missing,
  missing,
} from "./disputeDraft";
import "./DisputeForm.css";

export function DisputeForm({ claim, back }: { claim: api.Claim; back: () => void }) {
  const rows = failedRows(claim);
  const calls = claim.calls.filter((c) => c.duration_ms !== null);
  const [entries, set] = useState<Entries>(() => inBrowser(claim.id).get() ?? {});
  const [problem, setProblem] = useState<api.Problem>();
  const [asked, ask] = useState(0);
  const [now] = useState(() => Date.now());
  const headRef = useFocus<HTMLHeadingElement>();
  const change = (criterion: string, part: Partial<Entry>) => {
    const next = { ...entries, [criterion]: { ...blank(calls), ...entries[criterion], ...part } };
    set(next);
    inBrowser(claim.id).put(next);
  };
  const lacks = missing(rows, entries);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    if (lacks.length > 0) return ask((n) => n + 1);
    const r = await api.dispute(claim.id, asRows(rows, entries));
    if (!r.ok) return setProblem(r.problem);
    inBrowser(claim.id).drop();
    back();
  };
  return (
    <main id="main" class="page" tabIndex={-1}>
      <form class="panel" onSubmit={send} aria-label="Dispute this verdict">
        <header>
          <h1 ref={headRef} tabIndex={-1}>
            Dispute: {claim.company}
          </h1>
          {claim.dispute_until && <Deadline until={claim.dispute_until} now={now} />}
          <button type="button" class="btn end" onClick={back}>
            Back to the claims
          </button>
        </header>
        <p class="pad second">
          Choose the rows that were judged wrongly. For each, mark where it is said and say why it
          should have passed. What you enter is kept in this browser.
        </p>
        {rows.map((r) => (
          <RowDispute
            key={r.criterion}
            row={r}
            calls={calls}
            entry={entries[r.criterion] ?? blank(calls)}
            change={(part) => change(r.criterion, part)}
          />
        ))}
        <div class="pad stack">
          <Lacking key={asked} list={lacks} asked={asked > 0} />
          {problem && <Trouble problem={problem} />}
          <button class="btn primary large">Send the dispute</button>
        </div>
      </form>
    </main>
  );
}

/** What is missing; after an attempt to send it this is where the focus goes. */
function Lacking({ list, asked }: { list: Missing[]; asked: boolean }) {
  const boxRef = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (asked) boxRef.current?.focus();
  }, [asked]);
  if (list.length === 0) return <p class="second">Nothing is missing.</p>;
  const go = (event: MouseEvent, field: string) => {
    event.preventDefault();
    document.getElementById(field)?.focus();
  };
  return (
    <div
      class={asked ? "lacking asked" : "lacking"}
      role={asked ? "alert" : undefined}
      tabIndex={-1}
      ref={boxRef}
    >
      <b>{asked ? "This keeps the dispute from being sent" : "Still missing"}</b>
      <ul>
        {list.map((m) => (
          <li key={m.field}>
            <a href={`#${m.field}`} onClick={(e) => go(e, m.field)}>
              {m.what}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface RowProps {
  row: api.Row;
  calls: api.Call[];
  entry: Entry;
  change: (part: Partial<Entry>) => void;
}

function RowDispute({ row, calls, entry, change }: RowProps) {
  return (
    <section class="dispute-row" aria-label={row.title}>
      <label class="choice">
        <input
          type="checkbox"
          id={`on-${row.criterion}`}
          checked={entry.on}
          onChange={(e) => change({ on: e.currentTarget.checked })}
        />
        Dispute {row.title}
      </label>
      <State shape="fail">{row.answer}</State>
      {row.evidence && !entry.on && (
        <ClipPlayer
          call={row.evidence.call}
          from={row.evidence.from_ms}
          to={row.evidence.to_ms}
          label={`Play the reviewer’s moment for ${row.title}`}
        />
      )}
      {row.note && <p class="second">{row.note}</p>}
      {entry.on && <Case row={row} calls={calls} entry={entry} change={change} />}
    </section>
  );
}

/** The case for one row: the call, the moment, the reason. */
function Case({ row, calls, entry, change }: RowProps) {
  const call = calls.find((c) => c.id === entry.call);
  const evidence = row.evidence?.call === entry.call ? row.evidence : null;
  const shown = evidence ? [{ ...evidence, title: "The reviewer’s moment" }] : [];
  return (
    <div class="stack wide">
      {calls.length > 1 && <WhichCall row={row} calls={calls} entry={entry} change={change} />}
      {call && (
        <CallPlayer
          call={call.id}
          length={call.duration_ms ?? 0}
          label={`Where it is said: ${row.title}`}
          id={`player-${row.criterion}`}
          shown={shown}
          picked={entry.moment}
          pick={(moment) => change({ moment })}
        />
      )}
      <label class="field">
        <span>Why should {row.title} have passed?</span>
        <textarea
          class="in"
          id={`reason-${row.criterion}`}
          rows={2}
          value={entry.reason}
          aria-describedby={`least-${row.criterion}`}
          onInput={(e) => change({ reason: e.currentTarget.value })}
        />
      </label>
      <p class="second small" id={`least-${row.criterion}`}>
        {LEAST_REASON} characters or more
      </p>
    </div>
  );
}

const WhichCall = ({ row, calls, entry, change }: RowProps) => (
  <label class="field">
    <span>In which call is it said?</span>
    <select
      class="in"
      id={`call-${row.criterion}`}
      value={entry.call}
      onChange={(e) => change({ call: e.currentTarget.value, moment: {} })}
    >
      <option value="">Choose one</option>
      {calls.map((c) => (
        <option key={c.id} value={c.id}>
          {dated(c.started_at)}
        </option>
      ))}
    </select>
  </label>
);
