// The claims that a close waits for, one by one, with whose they are and the money that hangs on
// each.
import { useCallback, useMemo } from "preact/hooks";
import * as api from "../../api";
import { day, money, sum } from "../../format";
import { useLoaded } from "../../parts/load";
import { More } from "../../parts/More";
import { useOlder } from "../../parts/older";
import { Empty, Loading, Trouble } from "../../parts/states";

const WHY: Record<api.OpenReason, string> = {
  undecided: "no verdict yet",
  on_hold: "its verdict is on hold",
  waits_for_earlier: "passed; waits for a claim that was made before it",
  waits_for_plan: "passed; waits for a plan to be approved",
  waits_for_reading: "passed; waits for its claimant to read the plan",
  disputed: "disputed",
  alleged: "fraud is alleged",
};

export function OpenClaims({ period }: { period: api.Period }) {
  const { name, zone } = period;
  const ask = useCallback(() => api.openClaims(name), [name]);
  const { value, problem, again } = useLoaded(ask, "claims");
  return (
    <section class="panel" aria-labelledby="open-claims">
      <header>
        <h2 id="open-claims" tabIndex={-1}>
          Claim by claim
        </h2>
        {value && value.claims.length > 0 && (
          <span class="second">{sum(value.at_stake)} at stake, before tiers and limits</span>
        )}
      </header>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="open claims" />}
      {value?.claims.length === 0 && <Empty title="No claim is open" />}
      {value && value.claims.length > 0 && <Listed first={value} name={name} zone={zone} />}
    </section>
  );
}

interface ListedProps {
  first: api.OpenClaims;
  name: string;
  zone: string;
}

const after = (name: string) => async (number: number) => {
  const r = await api.openClaims(name, number);
  return r.ok ? { ...r, value: { items: r.value.claims, next: r.value.next } } : r;
};

function Listed({ first, name, zone }: ListedProps) {
  const ask = useMemo(() => after(name), [name]);
  const older = useOlder({ items: first.claims, next: first.next }, ask);
  return (
    <>
      <table class="stacking single">
        <thead>
          <tr>
            <th scope="col">Claim</th>
            <th scope="col">Telemarketer</th>
            <th scope="col">What is open</th>
            <th scope="col" class="num">
              At stake
            </th>
          </tr>
        </thead>
        <tbody>
          {[...first.claims, ...older.items].map((c) => (
            <Row key={c.id} claim={c} zone={zone} />
          ))}
        </tbody>
      </table>
      <More of={older} />
    </>
  );
}

function Row({ claim: c, zone }: { claim: api.OpenClaim; zone: string }) {
  return (
    <tr>
      <td>
        <b>{c.company}</b> <span class="muted nowrap">C-{c.number}</span>
        <br />
        <span class="muted small">
          {c.campaign}, made {day(c.made_at, zone)}
        </span>
      </td>
      <td>{c.person}</td>
      <td>
        {c.why.map((why) => WHY[why]).join("; ")}
        {c.read_until && (
          <>
            <br />
            <small>
              after {day(c.read_until, zone)} a later claim on the lead may earn instead
            </small>
          </>
        )}
      </td>
      <td class="num">{c.at_stake ? money(c.at_stake) : "no plan"}</td>
    </tr>
  );
}
