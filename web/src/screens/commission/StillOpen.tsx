// What is not settled of a period: open things first, each with what mends it.
import { type ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import * as api from "../../api";
import { month, money } from "../../format";
import { State } from "../../parts/marks";
import { Trouble } from "../../parts/states";
import { follow } from "../../route";
import { openThings, type Thing, withoutNumber } from "./openThings";

interface Props {
  period: api.Period;
  done: (said: string) => void;
}

export function StillOpen({ period, done }: Props) {
  const things = openThings(period);
  const missing = withoutNumber(period);
  const open = things.filter((t) => t.count > 0);
  const settled = things.filter((t) => t.count === 0);
  const count = open.length + missing.length;
  return (
    <section class="panel" aria-labelledby="still-open">
      <header>
        <h2 id="still-open" tabIndex={-1}>
          What is still open
        </h2>
        <span class="second">
          {count === 0 ? "nothing" : `${count} to settle`}; claims made before the end of{" "}
          {month(period.name)}, of your clients
        </span>
      </header>
      <ul class="need">
        {missing.map((m) => (
          <MissingNumber key={m.person} missing={m} done={done} />
        ))}
        {open.map((t) => (
          <One key={t.settled} thing={t} title={t.open}>
            {t.to && (
              <a href={t.to.path} onClick={follow}>
                {t.to.label}
              </a>
            )}
          </One>
        ))}
        {missing.length === 0 && period.sums.length > 0 && <Settled says={NUMBERED} />}
        {settled.map((t) => (
          <Settled key={t.settled} says={t.settled} />
        ))}
      </ul>
    </section>
  );
}

const NUMBERED = "Everybody who would be paid has a payroll number";

function One(p: { thing: Thing; title: string; children: ComponentChildren }) {
  return (
    <li>
      <State shape={p.thing.shape}>Open</State>
      <span>
        <b>{p.title}</b>
        <small>{p.thing.means}</small>
      </span>
      <span class="wrap">{p.children}</span>
    </li>
  );
}

const Settled = ({ says }: { says: string }) => (
  <li class="rest">
    <span class="second">Settled</span>
    <span>{says}</span>
  </li>
);

interface MissingProps {
  missing: ReturnType<typeof withoutNumber>[number];
  done: (said: string) => void;
}

function MissingNumber({ missing: { person, payee, sums, lines }, done }: MissingProps) {
  const [number, set] = useState("");
  const [problem, setProblem] = useState<api.Problem>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const r = await api.setPayrollNumber(person, number.trim());
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(`Saved: ${payee} has payroll number ${number.trim()}.`);
  };
  return (
    <li>
      <State shape="open">Open</State>
      <span>
        <b>{payee} has no payroll number</b>
        <small>
          {sums.map(money).join(" + ")} in {lines} {lines === 1 ? "line" : "lines"}; no payroll file
          can name them without it
        </small>
      </span>
      <form class="wrap" onSubmit={(e) => void submit(e)}>
        <input
          class="in"
          aria-label={`Payroll number of ${payee}`}
          placeholder="Number"
          required
          maxLength={20}
          pattern="[A-Za-z0-9._\/\-]+"
          title="Letters, digits and - _ . /"
          value={number}
          onInput={(e) => set(e.currentTarget.value)}
        />
        <button class="btn">Save for {payee}</button>
      </form>
      {problem && <Trouble problem={problem} />}
    </li>
  );
}
