// One period on the day that somebody looks at it. Nothing is booked by looking.
import { useCallback, useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { day, moment, month } from "../../format";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { OpenClaims } from "./OpenClaims";
import { Payroll } from "./Payroll";
import { StillOpen } from "./StillOpen";
import { Sums } from "./Sums";
import { TwoPeople } from "./TwoPeople";

/** A hold ends without anybody acting, and nobody is told of it. */
const HOLD_LOOK_MS = 2_000;

export function Period({ name }: { name: string }) {
  const ask = useCallback(() => api.period(name), [name]);
  const { value, problem, again } = useLoaded(ask, "claims");
  useEffect(() => {
    if (!value?.holds) return undefined;
    const timer = setTimeout(again, HOLD_LOOK_MS);
    return () => clearTimeout(timer);
  }, [value, again]);
  const [said, say] = useState("");
  /** Says what was done, and gives the focus to the head of its part. */
  const done = (what: string, part: string) => {
    say(what);
    again();
    focusLater(() => document.getElementById(part));
  };
  return (
    <main id="main" class="page with-side close" tabIndex={-1}>
      <div class="title wide">
        <h1>Close {month(name)}</h1>
        {value && <span class="second">{standing(value)}</span>}
        <span class="vh" role="status">
          {said}
        </span>
        <a class="end" href="/close" onClick={follow}>
          All periods
        </a>
      </div>
      {problem && (
        <div class="panel wide">
          <Trouble problem={problem} again={again} />
        </div>
      )}
      {!value && !problem && <Loading what={month(name)} />}
      {value && (
        <>
          <div class="column">
            <StillOpen period={value} done={(what) => done(what, "still-open")} />
            <OpenClaims period={value} />
            <Sums period={value} done={(what) => done(what, "sums")} />
            <Payroll period={value} done={(what) => done(what, "payroll")} />
          </div>
          <div class="column">
            <TwoPeople period={value} done={(what) => done(what, "two-people")} />
            <Then period={value} />
          </div>
        </>
      )}
    </main>
  );
}

function standing({ locked_at, over, now, zone }: api.Period): string {
  if (locked_at) return `locked on ${day(locked_at, zone)}`;
  return `${over ? "over, and open" : "not over yet"}; as of ${moment(now, zone)}, ${zone}`;
}

function Then({ period: { name } }: { period: api.Period }) {
  return (
    <section class="panel" aria-labelledby="then">
      <header>
        <h2 id="then">What a lock does</h2>
      </header>
      <dl class="facts">
        <dt>At once</dt>
        <dd>{month(name)} never changes; what comes later stands in the next open period</dd>
        <dt>Until then</dt>
        <dd>what passes is still booked into it</dd>
        <dt>Afterwards</dt>
        <dd>two people can open it again until a payroll run has paid of it; the log shows it</dd>
      </dl>
    </section>
  );
}
