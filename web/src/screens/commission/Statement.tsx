import * as api from "../../api";
import { day, money, sum } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";

const REASONS: Record<string, string> = {
  overturned: "verdict overturned",
  duplicate: "duplicate",
  fraud: "fraud",
  upheld: "dispute upheld",
};

export function Statement() {
  const { value, problem, again } = useLoaded(api.statement, "claims");
  if (problem)
    return (
      <main id="main" class="page" tabIndex={-1}>
        <Trouble problem={problem} again={again} />
      </main>
    );
  if (!value)
    return (
      <main id="main" class="page" tabIndex={-1}>
        <Loading what="your statement" />
      </main>
    );
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel tiles" aria-label="Totals">
        <div class="first">
          <span class="label">Earned in {value.period}</span>
          <b>{sum(value.earned_this_period)}</b>
        </div>
        <div>
          <span class="label">Payable by today</span>
          <b>{sum(value.payable)}</b>
        </div>
      </section>
      <section class="panel">
        <header>
          <h1>Ledger</h1>
          <span class="second">entries are added, never changed</span>
        </header>
        {value.entries.length === 0 ? (
          <Empty title="No entry yet">
            <p>A passed claim books one, ten seconds after its verdict.</p>
          </Empty>
        ) : (
          <table class="stacking">
            <thead>
              <tr>
                <th scope="col">Earned</th>
                <th scope="col">Company</th>
                <th scope="col">Claim</th>
                <th scope="col">Campaign, plan</th>
                <th scope="col">Payable from</th>
                <th scope="col" class="num">
                  Amount
                </th>
              </tr>
            </thead>
            <tbody>
              {value.entries.map((l) => (
                <tr key={l.id}>
                  <td>{day(l.earned_at)}</td>
                  <td>
                    <b>{l.company}</b>
                    {l.reason && <span class="second"> {REASONS[l.reason] ?? l.reason}</span>}
                  </td>
                  <td>
                    <a href={`/claims?claim=${l.claim_number}`}>C-{l.claim_number}</a>
                  </td>
                  <td>
                    {l.campaign} v{l.plan_version}
                  </td>
                  <td>{day(l.payable_at)}</td>
                  <td class="num">
                    <b>{money(l.amount)}</b>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}
