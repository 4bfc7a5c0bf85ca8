// What a period would pay, per person inside each currency; currencies are never added up.
import * as api from "../../api";
import { money, month, moment, sum, totals } from "../../format";
import { Empty } from "../../parts/states";
import { follow } from "../../route";
import { PayrollNumber } from "./PayrollNumber";

interface Props {
  period: api.Period;
  done: (said: string) => void;
}

export function Sums({ period, done }: Props) {
  const { sums, now, zone, locked_at } = period;
  return (
    <section class="panel" aria-labelledby="sums">
      <header>
        <h2 id="sums" tabIndex={-1}>
          {locked_at ? `What ${month(period.name)} comes to` : "What would be paid"}
        </h2>
        <span class="second">
          {locked_at
            ? `of your clients; ${paidOf(sums)}`
            : `of your clients, as of ${moment(now, zone)}; nothing is booked by looking`}
        </span>
      </header>
      {sums.length === 0 ? (
        <Empty title="Nobody would be paid">
          <p>{whyEmpty(period)}</p>
        </Empty>
      ) : (
        <Table name={period.name} locked={locked_at !== null} sums={sums} done={done} />
      )}
    </section>
  );
}

function whyEmpty({ name, over, locked_at, undecided, waiting }: api.Period): string {
  const passed = over
    ? `No claim of your clients was booked in ${month(name)}.`
    : `No claim of your clients has been booked in ${month(name)} yet: a claim that passes books a line, ten seconds after its verdict.`;
  if (locked_at) return `${passed} It is locked: what passes now stands in the next open period.`;
  const waits = undecided + waiting;
  if (waits > 0)
    return `${passed} ${waits === 1 ? "1 claim is" : `${waits} claims are`} still open, as it says above.`;
  return passed;
}

/** How much of it payroll runs have paid, as of now. */
function paidOf(sums: api.PersonSum[]): string {
  const paid = totals(sums.map((s) => s.paid)).filter((m) => m.minor !== 0);
  return paid.length === 0 ? "nothing of it is paid yet" : `${sum(paid)} of it is paid`;
}

const named = (currency: string) =>
  new Intl.DisplayNames(undefined, { type: "currency" }).of(currency) ?? currency;

interface TableProps {
  /** The period. */
  name: string;
  /** It can be paid of: what was paid has a column. */
  locked: boolean;
  sums: api.PersonSum[];
  done: (said: string) => void;
}

function Table({ name, locked, sums, done }: TableProps) {
  const currencies = [...new Set(sums.map((s) => s.amount.currency))];
  return (
    <div class="scroll" role="region" aria-label="Per person and currency" tabIndex={0}>
      <table class="pay">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Payroll number</th>
            <th scope="col" class="num">
              Lines
            </th>
            <th scope="col" class="num">
              Taken back
            </th>
            <th scope="col" class="num">
              Sum
            </th>
            {locked && (
              <th scope="col" class="num">
                Paid of it
              </th>
            )}
          </tr>
        </thead>
        {currencies.map((currency) => (
          <Currency
            key={currency}
            name={name}
            locked={locked}
            currency={currency}
            sums={sums.filter((s) => s.amount.currency === currency)}
            done={done}
          />
        ))}
      </table>
    </div>
  );
}

function Currency({ name, locked, currency, sums, done }: TableProps & { currency: string }) {
  const all = (of: "entries" | "taken_back") => sums.reduce((n, s) => n + s[of], 0);
  return (
    <tbody>
      <tr class="currency">
        <th scope="rowgroup" colSpan={locked ? 6 : 5}>
          {named(currency)}
        </th>
      </tr>
      {sums.map((s) => (
        <tr key={s.person}>
          <td>
            <a href={`/close/statement/${s.person}?period=${name}`} onClick={follow}>
              {s.payee}
            </a>
          </td>
          <td>
            <PayrollNumber sum={s} done={done} />
          </td>
          <td class="num">{s.entries}</td>
          <td class="num">{s.taken_back}</td>
          <td class="num">
            <b>{money(s.amount)}</b>
          </td>
          {locked && <td class="num">{s.paid.minor === 0 ? "nothing yet" : money(s.paid)}</td>}
        </tr>
      ))}
      <tr class="total">
        <td>{sums.length === 1 ? "1 person" : `${sums.length} people`}</td>
        <td />
        <td class="num">{all("entries")}</td>
        <td class="num">{all("taken_back")}</td>
        <td class="num">{totals(sums.map((s) => s.amount)).map(money)}</td>
        {locked && <td class="num">{totals(sums.map((s) => s.paid)).map(money)}</td>}
      </tr>
    </tbody>
  );
}
