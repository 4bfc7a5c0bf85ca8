// Coverage: what was seen, what was recorded, what is missing and why; held against the phone system's own account.
import * as api from "../../api";
import { gapReason, moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";

const KINDS: Record<api.Difference["kind"], string> = {
  not_seen: "The phone system has it, we do not",
  not_recorded: "Answered, not recorded",
  differs: "The two accounts differ",
  no_record: "We have it, the phone system does not",
};

export function Coverage() {
  const { value, problem, again } = useLoaded(api.coverage, "calls");
  return (
    <main id="main" class="page" tabIndex={-1}>
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
          <section class="panel tiles" aria-label="Coverage of the last seven days">
            <div>
              <span class="label">Calls seen, 7 days</span>
              <b>{value.totals.calls}</b>
            </div>
            <div>
              <span class="label">Answered</span>
              <b>{value.totals.answered}</b>
            </div>
            <div>
              <span class="label">Recorded</span>
              <b>{value.totals.recorded}</b>
            </div>
            <div>
              <span class="label">Sound without signalling</span>
              <b>{value.totals.without_signalling}</b>
            </div>
          </section>
          <section class="panel">
            <header>
              <h1>What is missing, and why</h1>
            </header>
            <Missing totals={value.totals} />
          </section>
          <section class="panel">
            <header>
              <h2>Beside the phone system’s own records</h2>
              <span class="second">
                {value.records} {value.records === 1 ? "record" : "records"}
              </span>
            </header>
            <Differences value={value} />
          </section>
          {value.discarded.length > 0 && <Discarded packets={value.discarded} />}
          <section class="panel">
            <header>
              <h2>Lines that belong to nobody</h2>
            </header>
            {value.lines.length === 0 ? (
              <Empty title="Every line is known">
                <p>
                  A line of which nobody is known appears here with its calls. Give it to somebody
                  with <code>assay lines add</code>.
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
                      <td>{moment(l.last_at)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </section>
        </>
      )}
    </main>
  );
}

function Missing({ totals }: { totals: api.Coverage["totals"] }) {
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

function Differences({ value }: { value: api.Coverage }) {
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
            <th scope="col">Likely</th>
          </tr>
        </thead>
        <tbody>
          {value.differences.map((d) => (
            <tr key={d.at + d.kind + (d.to ?? "")}>
              <td class="nowrap">{moment(d.at)}</td>
              <td>
                {d.from ?? "?"} → {d.to ?? "?"}
              </td>
              <td>{KINDS[d.kind]}</td>
              <td>{d.likely}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The last few packets of each reason that the tap did not record, for administrators. */
function Discarded({ packets }: { packets: api.Coverage["discarded"] }) {
  return (
    <section class="panel">
      <header>
        <h2>Packets that the tap discarded</h2>
        <span class="second">the last few of each reason</span>
      </header>
      <table>
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
              <td>{moment(p.at)}</td>
              <td>{p.addresses?.join(" → ") ?? "not read that far"}</td>
              <td class="num">{p.length}</td>
              <td>
                <code>{p.first_bytes}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
