// Two people lock a period, or open it again: one asks, another confirms the same sums.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { moment, month } from "../../format";
import { Trouble } from "../../parts/states";
import { notToBeLocked, notToBeOpened, openThings, withoutNumber } from "./openThings";

interface Props {
  period: api.Period;
  done: (said: string) => void;
}

export function TwoPeople({ period, done }: Props) {
  const asked = period.acts.find((a) => a.confirmed_at === null);
  const past = period.acts.filter((a) => a.confirmed_at !== null);
  return (
    <section class="panel" aria-labelledby="two-people">
      <header>
        <h2 id="two-people" tabIndex={-1}>
          {period.locked_at ? "Two people open it again" : "Two people close it"}
        </h2>
        <span class="second">neither has an interest in it</span>
      </header>
      {asked ? (
        <Asked key={asked.id} asked={asked} period={period} done={done} />
      ) : (
        <Ask period={period} done={done} />
      )}
      {past.length > 0 && (
        <ul class="pad stack small second" aria-label="What was done">
          {past.map((a) => (
            <li key={a.id}>
              <b>{a.act === "lock" ? "Locked" : "Opened again"}</b>: asked by {a.asked_by},{" "}
              {moment(a.asked_at, period.zone)}
              {a.note && `, “${a.note}”`}; confirmed by {a.confirmed_by},{" "}
              {moment(a.confirmed_at ?? "", period.zone)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What is asked for, as its button says it. */
const words = (act: api.PeriodAct, name: string) =>
  act === "lock" ? `lock ${month(name)}` : `open ${month(name)} again`;

function stillOpen(period: api.Period): string | undefined {
  const open = openThings(period).filter((t) => t.count > 0).length + withoutNumber(period).length;
  if (open === 0) return undefined;
  const things = open === 1 ? "One thing is" : `${open} things are`;
  return `${things} still open. What is decided later stands in the next open period.`;
}

function Ask({ period, done }: Props) {
  const { name, locked_at } = period;
  const act: api.PeriodAct = locked_at ? "reopen" : "lock";
  const blocked = act === "lock" ? notToBeLocked(period) : notToBeOpened(period);
  const why = blocked ?? (act === "lock" ? stillOpen(period) : undefined);
  const [note, set] = useState("");
  const [problem, setProblem] = useState<api.Problem>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (blocked) return;
    const r = await api.askPeriod(name, act, note.trim());
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(`Asked to ${words(act, name)}. Another manager confirms it.`);
  };
  return (
    <ol class="two">
      <li>
        <span aria-hidden="true">1</span>
        <form class="stack" onSubmit={(e) => void submit(e)}>
          <h3>You ask</h3>
          <p>
            {act === "lock"
              ? "You sign the sums as they are now."
              : "The lock is lifted; what passes is booked into it again."}
          </p>
          <label class="field">
            <span>A note, if you like</span>
            <input
              class="in"
              maxLength={500}
              value={note}
              onInput={(e) => set(e.currentTarget.value)}
            />
          </label>
          {problem && <Trouble problem={problem} />}
          <button
            class="btn primary large"
            aria-disabled={blocked ? true : undefined}
            aria-describedby={why ? "ask-why" : undefined}
          >
            Ask to {words(act, name)}
          </button>
          {why && (
            <p id="ask-why" class="mark">
              {why}
            </p>
          )}
        </form>
      </li>
      <li>
        <span aria-hidden="true">2</span>
        <div class="stack">
          <h3>Another manager confirms</h3>
          <p>They see the same sums. If one has changed by then, you ask anew.</p>
        </div>
      </li>
    </ol>
  );
}

function Asked({ asked, period, done }: { asked: api.PeriodStep } & Props) {
  const [problem, setProblem] = useState<api.Problem>();
  const what = words(asked.act, period.name);
  const told = (r: api.Result<void>, said: string) => {
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done(said);
  };
  const confirm = async () =>
    told(
      await api.confirmPeriod(asked.id),
      `${month(period.name)} is ${asked.act === "lock" ? "locked" : "open again"}.`,
    );
  const withdraw = async () =>
    told(await api.withdrawPeriod(asked.id), `No longer asked for: ${what}.`);
  return (
    <ol class="two">
      <li>
        <span aria-hidden="true">1</span>
        <div class="stack">
          <h3>
            {asked.own ? "You" : asked.asked_by} asked to {what}
          </h3>
          <p>
            {moment(asked.asked_at, period.zone)}
            {asked.note && `: “${asked.note}”`}
          </p>
        </div>
      </li>
      <li>
        <span aria-hidden="true">2</span>
        <div class="stack">
          <h3>{asked.own ? "Another manager confirms" : "You confirm"}</h3>
          <p>
            {asked.own
              ? "It takes two: somebody else confirms what you asked for."
              : "You sign that the sums are right. It takes two again to undo it."}
          </p>
          {problem && <Trouble problem={problem} />}
          <div class="wrap">
            {!asked.own && (
              <button class="btn primary large" onClick={() => void confirm()}>
                Confirm: {what}
              </button>
            )}
            <button class="btn" onClick={() => void withdraw()}>
              Take it back
            </button>
          </div>
        </div>
      </li>
    </ol>
  );
}
