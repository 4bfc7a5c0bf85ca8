// Payroll runs of a period: what the next one would pay, making it, and the files that went out.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { day, moment, money, month, sum } from "../../format";
import { Ask } from "../../parts/Ask";
import { useLoaded } from "../../parts/load";
import { Loading, Trouble } from "../../parts/states";
import { FORMATS, formatName, notYet, whyLeftOut, whyNobody } from "./payrollWords";

interface Props {
  period: api.Period;
  done: (said: string) => void;
}

export function Payroll({ period, done }: Props) {
  const [wanted, want] = useState<api.PayrollBody>({ format: "csv" });
  const ask = useCallback(() => api.payroll(period.name, wanted), [period.name, wanted]);
  const { value, problem, again } = useLoaded(ask, "claims");
  return (
    <section class="panel payroll" aria-labelledby="payroll">
      <header>
        <h2 id="payroll" tabIndex={-1}>
          Payroll runs
        </h2>
        <span class="second">a line is paid in one run only</span>
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="payroll runs" />}
      {value?.runs.map((run) => (
        <Run key={run.id} run={run} zone={period.zone} />
      ))}
      {period.locked_at ? (
        <Next period={period} wanted={wanted} want={want} payroll={value} done={done} />
      ) : (
        <p class="pad second">
          Two people lock {month(period.name)} first; then a run pays what is payable of it and of
          earlier locked periods.
        </p>
      )}
    </section>
  );
}

function Run({ run, zone }: { run: api.PayrollRun; zone: string }) {
  return (
    <article class="run" aria-label={`Run ${run.number}`}>
      <div class="wrap">
        <b>Run {run.number}</b>
        <span>
          {formatName(run.format)}, {sum(run.sums)} to{" "}
          {run.rows.length === 1 ? "1 row" : `${run.rows.length} rows`}
        </span>
        <a class="btn" href={api.payrollFileUrl(run.id)} download={run.file_name}>
          Download<span class="vh"> the file of run {run.number}</span>
        </a>
      </div>
      <p class="small second">
        Payable by {day(run.payable_by, zone)}; made by {run.made_by}, {moment(run.made_at, zone)}.
        SHA-256 of the file: <code class="hash">{run.sha256}</code>
      </p>
      <LeftOut left={run.left_out} head="Left out, for the next run" />
    </article>
  );
}

function LeftOut({ left, head }: { left: api.PayrollLeftOut[]; head: string }) {
  if (left.length === 0) return null;
  return (
    <div class="small">
      <p class="second">{head}:</p>
      <ul class="stack" aria-label={head}>
        {left.map((l) => (
          <li key={`${l.person} ${l.amount.currency}`}>
            <b>{l.payee}</b>, {money(l.amount)} in{" "}
            {l.entries === 1 ? "1 line" : `${l.entries} lines`}: {whyLeftOut(l.reason)}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface NextProps extends Props {
  wanted: api.PayrollBody;
  want: (wanted: api.PayrollBody) => void;
  payroll: api.Payroll | undefined;
}

function Next({ period, wanted, want, payroll, done }: NextProps) {
  const [sure, setSure] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const make = async () => {
    setSure(false);
    const r = await api.makePayroll(period.name, wanted);
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(`Run ${r.value.number} is made. Download its file.`);
  };
  const next = payroll?.next;
  return (
    <div class="run stack">
      <h3>The next run</h3>
      <Choose period={period} wanted={wanted} want={want} />
      {payroll?.refusal && <p class="mark">{refusal(payroll.refusal, wanted.format)}</p>}
      {next && <WouldPay next={next} period={period} />}
      {problem && <Trouble problem={problem} />}
      {next && next.rows.length > 0 && !sure && (
        <div class="wrap">
          <button class="btn primary" onClick={() => setSure(true)}>
            Make the run
          </button>
        </div>
      )}
      {next && sure && (
        <Ask
          no="Not yet"
          yes={`Make it: ${sum(next.sums)}`}
          back={() => setSure(false)}
          act={() => void make()}
        >
          A run cannot be taken back, and {month(period.name)} stays locked from then on. Make it?
        </Ask>
      )}
    </div>
  );
}

/** As a sentence, with the format by its name. */
function refusal(said: string, format: api.PayrollFormat): string {
  const text = said.replace(format, formatName(format));
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function Choose({ period, wanted, want }: Pick<NextProps, "period" | "wanted" | "want">) {
  const currencies = [...new Set(period.sums.map((s) => s.amount.currency))];
  const means = FORMATS.find(([id]) => id === wanted.format)?.[2];
  return (
    <div class="wrap choose">
      <label class="field">
        <span>Format</span>
        <select
          class="in"
          value={wanted.format}
          aria-describedby="format-means"
          onChange={(e) => want({ ...wanted, format: e.currentTarget.value as api.PayrollFormat })}
        >
          {FORMATS.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Pay day, if after the period’s end</span>
        <input
          class="in"
          type="date"
          value={wanted.pay_day ?? ""}
          onChange={(e) => want({ ...wanted, pay_day: e.currentTarget.value || undefined })}
        />
      </label>
      <label class="field">
        <span>Currency</span>
        <select
          class="in"
          value={wanted.currency ?? ""}
          onChange={(e) => want({ ...wanted, currency: e.currentTarget.value || undefined })}
        >
          <option value="">all</option>
          {currencies.map((c) => (
            <option key={c} value={c}>
              {c}
            </option>
          ))}
        </select>
      </label>
      <p id="format-means" class="small second">
        {means}
      </p>
    </div>
  );
}

function WouldPay({ next, period }: { next: api.PayrollPreview; period: api.Period }) {
  return (
    <>
      {next.rows.length === 0 ? (
        <div>
          <p>Nobody would be paid by it:</p>
          <ul class="stack" aria-label="Why nobody would be paid">
            {whyNobody(next, period).map((why) => (
              <li key={why}>{why}</li>
            ))}
          </ul>
        </div>
      ) : (
        <div class="scroll" role="region" aria-label="What the next run pays" tabIndex={0}>
          <table class="pay">
            <thead>
              <tr>
                <th scope="col">Person</th>
                <th scope="col">Payroll number</th>
                <th scope="col" class="num">
                  Lines
                </th>
                <th scope="col" class="num">
                  Sum
                </th>
              </tr>
            </thead>
            <tbody>
              {next.rows.map((r) => (
                <tr key={`${r.person} ${r.amount.currency}`}>
                  <td>{r.payee}</td>
                  <td>{r.payroll_number}</td>
                  <td class="num">{r.entries}</td>
                  <td class="num">
                    <b>{money(r.amount)}</b>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {next.rows.length > 0 &&
        next.later.map((l) => (
          <p key={l.amount.currency} class="small second">
            Not in it: {notYet(l, period.zone)}
          </p>
        ))}
      <LeftOut left={next.left_out} head="Would be left out" />
    </>
  );
}
