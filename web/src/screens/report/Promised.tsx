// The promise that nobody is singled out: said to everybody, made by a manager, lifted by two.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { day } from "../../format";
import { Trouble } from "../../parts/states";

interface Props {
  value: api.SlotsReport;
  manages: boolean;
  again: () => void;
}

export function Promised({ value, manages, again }: Props) {
  const [problem, setProblem] = useState<api.Problem>();
  const act = (what: api.PromiseAct) =>
    void api.promiseNobodyApart(value.client, what).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) again();
    });
  const p = value.promise;
  if (!p && !manages) return null;
  return (
    <section class={`panel promise ${p ? "" : "screen-only"}`} aria-label="Aggregate only">
      <div class="pad wrap">
        {p ? (
          <p>
            <b>Aggregate only since {day(p.since, value.zone)}.</b> Nobody sees slots by person,
            admins included; a telemarketer sees their own. Calls are listed to be heard, without
            whose they are but where a claim needs it, and how many there were is not told. {p.by}{" "}
            promised it; lifting it needs two managers and is told to everyone.
            {p.lift_asked_by && p.lift_asked_at && (
              <>
                {" "}
                <mark>
                  {p.lift_asked_by} has asked for it to be lifted on{" "}
                  {day(p.lift_asked_at, value.zone)}.
                </mark>
              </>
            )}
          </p>
        ) : (
          <p>
            Slots can be seen by person. You can promise the team that they are not: then slots are
            told of five people or more together, of four whole weeks, and of nothing less; calls
            are listed without whose they are, and not counted.
          </p>
        )}
        {manages && (
          <span class="end wrap">
            {!p && (
              <button class="btn" onClick={() => act("promise")}>
                Promise: nobody is singled out
              </button>
            )}
            {p && !p.lift_asked_by && (
              <button class="btn" onClick={() => act("ask_to_lift")}>
                Ask to lift it
              </button>
            )}
            {p?.lift_asked_by && (
              <>
                <button class="btn" onClick={() => act("keep")}>
                  Keep the promise
                </button>
                <button class="btn" onClick={() => act("lift")}>
                  Agree to lift it
                </button>
              </>
            )}
          </span>
        )}
      </div>
      {problem && <Trouble problem={problem} />}
    </section>
  );
}
