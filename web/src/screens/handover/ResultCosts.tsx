// What leads cost, and what each cost that was reached, passed and accepted: each currency by itself.
import type * as api from "../../api";
import { many, money } from "../../format";
import { follow } from "../../route";
import { each, STEPS, UNTOLD, uncounted } from "./resultWords";

export const ResultCosts = ({ counts }: { counts: api.SourceCounts }) => (
  <section class="panel" aria-labelledby="costs">
    <header>
      <h2 id="costs">What each cost</h2>
      <span class="second">at the cost of a lead that its source says now</span>
    </header>
    {counts.costs.length === 0 && (
      <p class="pad">
        No source of these leads says what one costs.{" "}
        <a href="/sources" onClick={follow}>
          Say it under Sources
        </a>
      </p>
    )}
    <div class="cost-tables">
      {counts.costs.map((c) => (
        <Table key={c.total.currency} cost={c} />
      ))}
    </div>
    {counts.costs.length > 0 && (
      <ul class="pad second small">
        {counts.costs.length > 1 && (
          <li>Each currency is of its own leads; amounts of two are never added.</li>
        )}
        {uncounted(counts).map((words) => (
          <li key={words}>{words}</li>
        ))}
        <li>No pay hangs on this.</li>
      </ul>
    )}
  </section>
);

const Table = ({ cost }: { cost: api.SourceCost }) => (
  <table>
    <caption>
      <b>{money(cost.total)}</b> for {many(cost.delivered.leads, "lead")} in {cost.total.currency}
    </caption>
    <thead>
      <tr>
        <th scope="col">That were</th>
        <th scope="col" class="num">
          Leads
        </th>
        <th scope="col" class="num">
          Each cost
        </th>
      </tr>
    </thead>
    <tbody>
      {STEPS.map(([id, label]) => {
        const of = cost[id];
        return (
          <tr key={id}>
            <th scope="row">{label}</th>
            <td class="num">{of ? of.leads.toLocaleString() : UNTOLD}</td>
            <td class="num">{of ? each(of) : ""}</td>
          </tr>
        );
      })}
    </tbody>
  </table>
);
