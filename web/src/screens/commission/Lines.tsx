// Lines of the ledger, newest first. Each opens in place: as arithmetic, beside the verdict that it
// comes from.
import { useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { day, moment, money, signed } from "../../format";
import { State } from "../../parts/marks";
import { Trouble } from "../../parts/states";
import { follow } from "../../route";
import { ClaimRows } from "../review/ClaimRows";
import { AskAboutLine } from "./AskAboutLine";
import {
  inFull,
  inRun,
  inShort,
  runningSums,
  takesBack,
  whereItIs,
  whyBack,
  whySo,
} from "./arithmetic";

interface Props {
  lines: api.Entry[];
  statement: api.Statement;
  plans: api.Plans | undefined;
  claims: api.Claim[] | undefined;
  /** They are another's. */
  others?: boolean;
}

export function Lines({ lines, statement, plans, claims, others = false }: Props) {
  const sums = runningSums([...statement.since, ...statement.entries]);
  return (
    <table class="stacking book">
      <thead>
        <tr>
          <th scope="col">Booked</th>
          <th scope="col">Lead, claim</th>
          <th scope="col">How it comes about</th>
          <th scope="col" class="num">
            Amount
          </th>
          <th scope="col" class="num">
            Sum
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <Line
            key={line.id}
            line={line}
            sum={sums.get(line.id) ?? line.amount}
            statement={statement}
            plan={plans?.versions.find((v) => v.id === line.plan)}
            claim={claims?.find((c) => c.id === line.claim)}
            others={others}
          />
        ))}
      </tbody>
    </table>
  );
}

interface LineProps {
  line: api.Entry;
  /** What the lines of its currency came to with it. */
  sum: api.Money;
  statement: api.Statement;
  plan: api.PlanVersion | undefined;
  claim: api.Claim | undefined;
  others: boolean;
}

/** The claim of a line that is open; one beyond the newest fifty is asked for. */
function useClaimOf(line: api.Entry, known: api.Claim | undefined, open: boolean) {
  const [older, setOlder] = useState<api.Claim>();
  const [problem, setProblem] = useState<api.Problem>();
  const number = line.claim_number;
  // A colleague's claim is not one's own to see.
  const missing = open && !known && line.part !== "opener";
  useEffect(() => {
    if (!missing) return;
    void api.claims({ q: `C-${number}` }).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) setOlder(r.value.claims.find((c) => c.number === number));
    });
  }, [missing, number]);
  return { claim: known ?? older, problem };
}

function Line(props: LineProps) {
  const { line, sum, statement } = props;
  const [open, setOpen] = useState(false);
  const { claim, problem } = useClaimOf(line, props.claim, open && !props.others);
  const opened = `line-${line.id}`;
  return (
    <>
      <tr class={open ? "is-open" : ""}>
        <td class="when">{moment(line.booked_at, statement.zone)}</td>
        <td class="what">
          <button
            class="link"
            aria-expanded={open}
            aria-controls={open ? opened : undefined}
            onClick={() => setOpen(!open)}
          >
            <b>{line.company}</b> <span class="muted nowrap">C-{line.claim_number}</span>
            <span class="vh">, {signed(line.amount)}</span>
          </button>
        </td>
        <td class="how">
          {inShort(line)}
          <Also line={line} statement={statement} />
        </td>
        <td class="num amt">
          <b>{signed(line.amount)}</b>
        </td>
        <td class="num run">{money(sum)}</td>
      </tr>
      {open && (
        <tr class="opened" id={opened}>
          <td colSpan={5}>
            <div>
              <Arithmetic {...props} />
              {!props.others && <Behind {...props} claim={claim} />}
            </div>
            {problem && <Trouble problem={problem} />}
          </td>
        </tr>
      )}
    </>
  );
}

/** What a line takes back; of another where its money is. */
function Also({ line, statement: s }: { line: api.Entry; statement: api.Statement }) {
  const all = [...s.since, ...s.entries];
  if (line.corrects)
    return (
      <span class="also">
        <b>{whyBack(line)}</b> {line.ruling && `“${line.ruling}” `}
        {takesBack(line, all, s.zone)}
        {line.paid && ` It is ${inRun(line, s.zone)}.`}
      </span>
    );
  return <span class="also">{whereItIs(line, all, s.zone)}</span>;
}

function Arithmetic({ line, plan, others, statement: { zone } }: LineProps) {
  return (
    <div>
      <h3>How {money(line.amount)} comes about</h3>
      <p class="sum-line">{inFull(line)}</p>
      {whySo(line).map((why) => (
        <p key={why}>{why}</p>
      ))}
      <dl class="facts">
        <dt>Plan</dt>
        <dd>
          {line.campaign} v{line.plan_version}
          {plan && `, for claims made from ${day(plan.from, zone)} on`}
        </dd>
        {plan && (
          <>
            <dt>Approved</dt>
            <dd>
              by {plan.approved_by}, {moment(plan.approved_at, zone)}
            </dd>
            {!others && <dt>Read</dt>}
            {!others && (
              <dd>{plan.read_at ? `by you, ${moment(plan.read_at, zone)}` : "not by you yet"}</dd>
            )}
          </>
        )}
        <dt>Earned</dt>
        <dd>{moment(line.earned_at, zone)}</dd>
        <dt>Payable</dt>
        <dd>from {day(line.payable_at, zone)}</dd>
        <dt>{line.corrects ? "Deducted" : "Paid"}</dt>
        <dd>
          {line.paid ? `by run ${line.paid.run}, ${moment(line.paid.made_at, zone)}` : "not yet"}
        </dd>
      </dl>
    </div>
  );
}

function Behind({ line, claim, statement: { zone } }: LineProps) {
  const verdict = claim?.verdict;
  const shared = line.part === "opener";
  return (
    <div class="behind">
      <h3>
        {verdict ? (
          <State shape={verdict.passed ? "pass" : "fail"}>
            {verdict.passed ? "Passed" : "Not passed"}
          </State>
        ) : (
          "The verdict"
        )}{" "}
        <span class="second">
          C-{line.claim_number}
          {verdict && `, ${moment(verdict.final_at, zone)}`}
        </span>
      </h3>
      {verdict && <ClaimRows verdict={verdict} />}
      <p class="screen-only">
        {shared ? (
          "It is a colleague's claim: how it was judged is theirs to see. "
        ) : (
          <>
            <a href={`/claims?claim=${line.claim_number}`} onClick={follow}>
              Open claim C-{line.claim_number}
            </a>
            {" · "}
          </>
        )}
        <a href={api.proofOf(line.id)} download={`entry-${line.id}.json`}>
          Proof of this line<span class="vh"> as a file</span>
        </a>
      </p>
      <AskAboutLine line={line} />
    </div>
  );
}
