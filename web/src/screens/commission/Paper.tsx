// The head of a statement on paper.
import type { Statement } from "../../api";
import { day, month, sum, time } from "../../format";
import { claimsOf, standing } from "./arithmetic";

interface Props {
  statement: Statement;
  /** Whose leads they call. */
  clients: string[];
}

/** What paper needs that the screen has elsewhere. */
export function PaperHead({ statement: s, clients }: Props) {
  const undecided = s.undecided + s.waiting;
  return (
    <div class="print-only paper">
      <div>
        <p class="paper-title">Statement of commission</p>
        <p>
          {s.payee}, {s.payroll_number ? `payroll number ${s.payroll_number}` : "no payroll number"}
        </p>
        {clients.length > 0 && <p>For {clients.join(", ")}</p>}
      </div>
      <div class="to">
        <p>
          {month(s.period)}, {standing(s)}
        </p>
        <p class="muted">
          as it stood on {day(s.as_of, s.zone)}, {time(s.as_of, s.zone)}; times of {s.zone}
        </p>
      </div>
      <dl>
        <div>
          <dt>Earned</dt>
          <dd>{sum(s.earned_this_period)}</dd>
        </div>
        <div>
          <dt>Paid by then, all periods</dt>
          <dd>{sum(s.paid)}</dd>
        </div>
        <div>
          <dt>Payable by then, not paid</dt>
          <dd>{s.payable.length > 0 ? sum(s.payable) : "nothing"}</dd>
        </div>
        <div>
          <dt>Payable later{s.payable_next && `, from ${day(s.payable_next, s.zone)}`}</dt>
          <dd>{s.payable_next ? sum(s.payable_later) : "nothing"}</dd>
        </div>
        <div>
          <dt>Taken back, in the sum</dt>
          <dd>{s.taken_back.length > 0 ? sum(s.taken_back) : "nothing"}</dd>
        </div>
        <div>
          <dt>Undecided when printed</dt>
          <dd>{claimsOf(undecided)}</dd>
        </div>
      </dl>
    </div>
  );
}
