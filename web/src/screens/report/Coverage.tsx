// Coverage: what was seen, what was recorded, what is missing and why; held against the phone system's own account.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { day, gapReason, moment, month } from "../../format";
import { useAddress } from "../../parts/address";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Differences, Months } from "./Differences";
import { Choice, How, usePaper } from "./Report";
import "./Coverage.css";

/** This month and the eleven before it, as `2026-11`. */
function lastMonths(): string[] {
  const now = new Date();
  const of = (back: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 15));
  return Array.from({ length: 12 }, (_, back) => of(back).toISOString().slice(0, 7));
}

export function Coverage() {
  const [fields, change] = useAddress();
  const chosen = fields.get("month") ?? undefined;
  const load = useCallback(() => api.coverage(chosen), [chosen]);
  const { value, problem, again } = useLoaded(load, "calls");
  usePaper();
  const span = chosen ? month(chosen) : "7 days";
  return (
    <main id="main" class="page coverage" tabIndex={-1}>
      <div class="title">
        <h1>Coverage</h1>
        {value && (
          <span class="second">
            {day(value.from, value.zone)} to {moment(value.to, value.zone)}, times of {value.zone}
          </span>
        )}
        <a class="btn end screen-only" href={api.coverageUrl(chosen)} download="assay-coverage.csv">
          Export CSV
        </a>
        <div class="choices asks">
          <Choice
            label="Calls of"
            value={chosen ?? ""}
            options={[
              ["", "the last seven days"],
              ...lastMonths().map((m): [string, string] => [m, month(m)]),
            ]}
            choose={(m) => change({ month: m || undefined })}
          />
        </div>
      </div>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="coverage" />}
      {value && (
        <>
          {value.in_the_open && (
            <p class="banner" role="status">
              Recordings lie in the open on the box’s disk: whoever has it hears them. An
              administrator makes a key with <code>assay key new</code>.
            </p>
          )}
          {value.untold.length > 0 && <Untold of={value.untold} all={!value.totals} />}
          {value.totals && <Totals totals={value.totals} span={span} />}
          <section class="panel">
            <header>
              <h2>Beside the phone system’s own records</h2>
              {value.records !== null && (
                <span class="second">
                  {value.records} {value.records === 1 ? "record" : "records"}
                </span>
              )}
            </header>
            <Months value={value} />
            <Differences value={value} again={again} />
          </section>
          {value.discarded.length > 0 && <Discarded packets={value.discarded} zone={value.zone} />}
          <section class="panel">
            <header>
              <h2>Lines that belong to nobody</h2>
            </header>
            {value.lines.length === 0 ? (
              <Empty title="Every line is known">
                <p>
                  A line of which nobody is known appears here with its calls. An administrator says
                  whose it is, under Access.
                </p>
              </Empty>
            ) : (
              <table>
                <thead>
                  <tr>
                    <th scope="col">Line</th>
                    <th scope="col" class="num">
                      Calls
                    </th>
                    <th scope="col">Last call</th>
                  </tr>
                </thead>
                <tbody>
                  {value.lines.map((l) => (
                    <tr key={l.number}>
                      <td>
                        <b>{l.number}</b>
                      </td>
                      <td class="num">{l.calls}</td>
                      <td>{moment(l.last_at, value.zone)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </section>
          <How>
            <p>
              <b>Calls seen</b> are those that began in these days, by what the tap saw of their
              signalling; sound without signalling counts as answered. <b>Recorded</b> has a
              recording, whole or with gaps; each gap has its reason.
            </p>
            <p>
              A record of the phone system is held against the call with its Call-ID; where it says
              none, against the nearest that begins within ten seconds of it and has its number.
              Lengths differ from five seconds on. The target is of the calls that the phone system
              says were answered. A reason is the likely one: what was found out stands beside it.
            </p>
          </How>
        </>
      )}
    </main>
  );
}

/** Whose calls are in no count. */
const Untold = ({ of, all }: { of: string[]; all: boolean }) => (
  <section class="panel" aria-label="Aggregate only">
    <p class="pad">
      <b>Aggregate only.</b> It was promised of {of.join(", ")} that nobody is singled out: those
      calls are {all ? "not counted here" : "in no count below"}, and what differs is listed without
      whose line it was. An administrator sees all.
    </p>
  </section>
);

type CallTotals = NonNullable<api.Coverage["totals"]>;

const Totals = ({ totals, span }: { totals: CallTotals; span: string }) => (
  <>
    <section class="panel tiles" aria-label={`Coverage, ${span}`}>
      <div>
        <span class="label">Calls seen, {span}</span>
        <b>{totals.calls.toLocaleString()}</b>
      </div>
      <div>
        <span class="label">Answered</span>
        <b>{totals.answered.toLocaleString()}</b>
      </div>
      <div>
        <span class="label">Recorded</span>
        <b>{totals.recorded.toLocaleString()}</b>
      </div>
      <div>
        <span class="label">Sound without signalling</span>
        <b>{totals.without_signalling.toLocaleString()}</b>
      </div>
    </section>
    <section class="panel">
      <header>
        <h2>What is missing, and why</h2>
      </header>
      <Missing totals={totals} />
    </section>
  </>
);

function Missing({ totals }: { totals: CallTotals }) {
  if (totals.calls === 0)
    return (
      <Empty title="No call was seen">
        <p>
          If somebody telephoned in these days, nothing of it is recorded. <code>assay doctor</code>{" "}
          says what reaches the box.
        </p>
      </Empty>
    );
  const rows = [
    ...Object.entries(totals.not_recorded).map(
      ([reason, n]) => ["Answered, no recording", reason, n] as const,
    ),
    ...Object.entries(totals.with_gap).map(([reason, n]) => ["Has a gap", reason, n] as const),
  ];
  if (rows.length === 0)
    return (
      <Empty title="Nothing is missing">
        <p>Every answered call has its recording, without a gap.</p>
      </Empty>
    );
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Why</th>
          <th scope="col" class="num">
            Calls
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([what, reason, n]) => (
          <tr key={what + reason}>
            <td>{what}</td>
            <td>{reason === "no_media" ? "no sound was seen" : gapReason(reason)}</td>
            <td class="num">{n}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The last few packets of each reason that the tap did not record, for administrators. */
function Discarded({ packets, zone }: { packets: api.Coverage["discarded"]; zone: string }) {
  return (
    <section class="panel">
      <header>
        <h2>Packets that the tap discarded</h2>
        <span class="second">the last few of each reason</span>
      </header>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col">Seen</th>
            <th scope="col">From, to</th>
            <th scope="col" class="num">
              Bytes
            </th>
            <th scope="col">First bytes</th>
          </tr>
        </thead>
        <tbody>
          {packets.map((p, n) => (
            <tr key={n}>
              <td>{p.reason.replaceAll("_", " ")}</td>
              <td data-head="Seen">{moment(p.at, zone)}</td>
              <td data-head="From, to">{p.addresses?.join(" → ") ?? "not read that far"}</td>
              <td data-head="Bytes" class="num">
                {p.length}
              </td>
              <td data-head="First bytes">
                <code>{p.first_bytes}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
