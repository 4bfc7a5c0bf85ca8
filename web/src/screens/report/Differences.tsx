// The phone system's account beside ours: month by month, and each difference with what was found out about it.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { moment, month } from "../../format";
import { Reasoned } from "../../parts/Reasoned";
import { Empty } from "../../parts/states";
import { percent } from "./slotWords";

const KINDS: Record<api.Difference["kind"], string> = {
  not_seen: "Missing: the phone system has it, we do not",
  not_recorded: "Missing: answered, not recorded",
  recorded_in_error: "Recorded in error: nobody answered",
  length: "The lengths differ",
  differs: "The two differ on whether it was answered",
  no_record: "We have it, the phone system does not",
};

/** Whether each month reached what is to be recorded. */
export function Months({ value }: { value: api.Coverage }) {
  if (value.months.length === 0) return null;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="By month">
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Month</th>
            <th scope="col" class="num">
              Answered
            </th>
            <th scope="col" class="num">
              Recorded
            </th>
            <th scope="col" class="num">
              Share
            </th>
            <th scope="col">Target {value.target_percent} %</th>
            <th scope="col" class="num">
              Recorded in error
            </th>
            <th scope="col" class="num">
              Lengths differ
            </th>
          </tr>
        </thead>
        <tbody>
          {value.months.map((m) => (
            <tr key={m.month}>
              <td>{month(m.month)}</td>
              <td data-head="Answered" class="num">
                {m.answered.toLocaleString()}
              </td>
              <td data-head="Recorded" class="num">
                {m.recorded.toLocaleString()}
              </td>
              <td data-head="Share" class="num">
                {m.rate ? percent(m.rate.rate, 2) : "none answered"}
              </td>
              <td data-head={`Target ${value.target_percent} %`}>
                {m.rate === null && "nothing to record"}
                {m.rate && (m.met ? "reached" : <b class="late">missed by {missedBy(m)}</b>)}
              </td>
              <td data-head="Recorded in error" class="num">
                {m.in_error.toLocaleString()}
              </td>
              <td data-head="Lengths differ" class="num">
                {m.lengths.toLocaleString()}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const missedBy = (m: api.Coverage["months"][number]) => {
  const missing = m.answered - m.recorded;
  return `${missing.toLocaleString()} ${missing === 1 ? "call" : "calls"}`;
};

interface Props {
  value: api.Coverage;
  again: () => void;
}

/** So many are drawn; the rest is asked for by a shorter time. */
const DRAWN = 200;

export function Differences({ value, again }: Props) {
  if (value.records === 0)
    return (
      <Empty title="No records yet">
        <p>
          Bring in what Asterisk or FreeSWITCH wrote, or plain CSV, with{" "}
          <code>assay coverage --cdr Master.csv</code>: each difference is listed here with its
          likely reason.
        </p>
      </Empty>
    );
  if (value.differences.length === 0 && value.records === null)
    return (
      <Empty title="No difference is listed">
        <p>Both accounts agree, or the phone system’s records were not brought in.</p>
      </Empty>
    );
  if (value.differences.length === 0)
    return (
      <Empty title="Both accounts agree">
        <p>
          Every call in the phone system’s records was seen, and every call that was seen is in its
          records.
        </p>
      </Empty>
    );
  return (
    <>
      <table class="stacking single">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">From, to</th>
            <th scope="col">What</th>
            <th scope="col">Likely, and what was found out</th>
            <th scope="col">
              <span class="vh">Note</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {value.differences.slice(0, DRAWN).map((d) => (
            <Row
              key={d.at + d.kind + (d.record ?? d.call ?? "")}
              difference={d}
              zone={value.zone}
              again={again}
            />
          ))}
        </tbody>
      </table>
      {value.differences.length > DRAWN && (
        <p class="pad second">
          {(value.differences.length - DRAWN).toLocaleString()} more are in the export.
        </p>
      )}
    </>
  );
}

interface RowProps {
  difference: api.Difference;
  zone: string;
  again: () => void;
}

function Row({ difference: d, zone, again }: RowProps) {
  const [writing, write] = useState(false);
  const about = { call: d.call ?? undefined, record: d.record ?? undefined };
  const done = () => {
    write(false);
    again();
  };
  return (
    <tr>
      <td class="nowrap">{moment(d.at, zone)}</td>
      <td>
        {d.from ?? "?"} → {d.to ?? "?"}
      </td>
      <td>{KINDS[d.kind]}</td>
      <td>
        {d.likely}
        {d.notes.map((n) => (
          <span key={n.at} class="finding">
            <b>{n.by}</b>, {moment(n.at, zone)}: {n.text}
          </span>
        ))}
        {writing && (
          <Reasoned
            question="What did you find out?"
            act="Write it down"
            no="Not now"
            send={(text) => api.noteDifference({ ...about, text })}
            done={done}
            back={() => write(false)}
          />
        )}
      </td>
      <td class="num">
        {!writing && (
          <button class="btn" onClick={() => write(true)}>
            Note
            <span class="vh"> on the call of {moment(d.at, zone)}</span>
          </button>
        )}
      </td>
    </tr>
  );
}
