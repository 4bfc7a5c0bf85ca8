// The telemarketer's day: what is late, due and agreed, by time left, and what came of it in one key.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { onChange } from "../../events";
import { moment } from "../../format";
import { useLatest } from "../../parts/latest";
import { usePages } from "../../parts/pages";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow, go } from "../../route";
import type { Own } from "../review/news";
import { DaySide } from "./DaySide";
import { Likely } from "../report/Likely";
import { MyArms } from "../report/MyArms";
import { OverSeven } from "./OverSeven";
import { type Said, toWhatCame, useUndo, WhatCame } from "./WhatCame";
import { counted, dueBy, timeLeft, urgency } from "./words";
import "./Day.css";

const leadsOf = (page: api.WorkList) => page.leads;

/** The box's clock, a minute at a time: what is left is the box's time, whatever this clock says. */
function useNow(from: string | undefined): number {
  const [now, set] = useState(() => Date.now());
  useEffect(() => {
    if (!from) return;
    const ahead = Date.parse(from) - Date.now();
    const tick = () => set(Date.now() + ahead);
    tick();
    const timer = setInterval(tick, 15_000);
    return () => clearInterval(timer);
  }, [from]);
  return now;
}

export function Day({ own }: { own: Own }) {
  const { first, items, next, problem, again, more } = usePages(api.work, leadsOf);
  const [marked, mark] = useState<string>();
  const now = useNow(first?.now);
  const [undo, setUndo] = useUndo();
  const said = (last: Said | undefined) => {
    setUndo(last);
    again();
  };
  useEffect(() => onChange("calls", again), [again]);
  const lead = items.find((l) => l.id === marked) ?? items[0];
  const step = useCallback(
    (by: number) => {
      const at = items.findIndex((l) => l.id === lead?.id);
      const to = items[Math.max(0, Math.min(items.length - 1, at + by))];
      if (to) mark(to.id);
    },
    [items, lead],
  );
  useKeys({ step, open: () => lead && go(`/leads?lead=${lead.id}`) });
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel tiles" aria-label="Your day">
        <div class="first">
          <h1>My day</h1>
          {first && <span class="second">{moment(new Date(now).toISOString())}</span>}
        </div>
        {first && (
          <div>
            <span class="label">Late</span>
            <b>{counted(first.late)}</b>
          </div>
        )}
        {first && (
          <div>
            <span class="label">To do in all</span>
            <b>{counted(first.count ?? 0)}</b>
          </div>
        )}
        {first && <OverSeven count={first.over_7_days} />}
      </section>
      <MyArms />
      {problem && <Trouble problem={problem} again={again} />}
      <div class="day-halves">
        <div>
          {lead && <WhatCame key={lead.id} lead={lead} undo={undo} said={said} />}
          <section class="panel" aria-label="Work list">
            <header>
              <h2>Work list</h2>
              <span class="second">
                {items.some((l) => l.score)
                  ? "by the day that it is due, then the likelier first; dial as usual"
                  : "by time left; dial as usual, the box hears it"}
              </span>
              <span class="end second day-keys">
                Row <kbd>↑</kbd> <kbd>↓</kbd> · open <kbd>Enter</kbd>
              </span>
            </header>
            {!first && !problem && <Loading what="your work list" />}
            {first && items.length === 0 && (
              <Empty title="Nothing waits">
                <p>
                  No lead is due and nothing is agreed. New leads show here as soon as marketing has
                  imported them.
                </p>
              </Empty>
            )}
            {items.length > 0 && <Table items={items} marked={lead?.id} mark={mark} now={now} />}
            {next && (
              <p class="pad">
                <button class="btn" onClick={more}>
                  Show 50 more
                </button>
              </p>
            )}
          </section>
        </div>
        <DaySide own={own} />
      </div>
    </main>
  );
}

interface Keys {
  step: (by: number) => void;
  open: () => void;
}

/** Arrows move the marked row, Enter opens it; a control or a field owns its own keys. */
function useKeys(keys: Keys) {
  const latestRef = useLatest(keys);
  useLayoutEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      const at = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || at.matches("input, textarea, select")) return;
      if (e.key === "ArrowDown") latestRef.current.step(1);
      else if (e.key === "ArrowUp") latestRef.current.step(-1);
      else if (e.key === "Enter" && !at.matches("a, button, summary")) latestRef.current.open();
      else return;
      e.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [latestRef]);
}

interface TableProps {
  items: api.ListedLead[];
  marked: string | undefined;
  mark: (id: string) => void;
  now: number;
}

function Table({ items, marked, mark, now }: TableProps) {
  const rowRef = useRef<HTMLTableRowElement>(null);
  useEffect(() => rowRef.current?.scrollIntoView({ block: "nearest" }), [marked]);
  return (
    <table class="stacking work">
      <thead>
        <tr>
          <th scope="col" aria-sort="ascending">
            Time left
          </th>
          <th scope="col">Lead</th>
          <th scope="col">Source, grade</th>
          <th scope="col">Last attempt</th>
          <th scope="col">Last contact</th>
        </tr>
      </thead>
      <tbody>
        {items.map((l) => (
          <tr
            key={l.id}
            ref={l.id === marked ? rowRef : undefined}
            aria-selected={l.id === marked}
            onClick={() => mark(l.id)}
          >
            <Left lead={l} now={now} />
            <td class="who">
              <a href={`/leads?lead=${l.id}`} onClick={follow}>
                <b>{l.company}</b>
              </a>
              <br />
              {l.contact && `${l.contact} · `}
              {l.numbers.map((n) => (
                <a key={n} class="tel" href={`tel:${n}`}>
                  {n}{" "}
                </a>
              ))}
              {l.never_call && <span class="mark">never call: on {l.never_call}</span>}
              {l.id === marked && (
                <button class="btn say" onClick={toWhatCame}>
                  What came of it?
                </button>
              )}
            </td>
            <td>
              {l.source ? `${l.source}, ${l.grade}` : <span class="muted">unknown</span>}
              <small>{moment(l.received_at)}</small>
              {l.score && <Likely score={l.score} />}
            </td>
            <Wire what="Attempt" at={l.last_attempt_at}>
              {l.attempts} in all
            </Wire>
            <Wire what="Contact" at={l.last_contact_at} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Left({ lead, now }: { lead: api.ListedLead; now: number }) {
  if (!lead.act_at) return <td>nothing to do</td>;
  const how = urgency(lead.act_at, now);
  return (
    <td>
      <span class={`left ${how === "soon" ? "mark" : how}`}>{timeLeft(lead.act_at, now)}</span>
      <span class="by">{dueBy(lead)}</span>
    </td>
  );
}

interface WireProps {
  what: string;
  at: string | null;
  children?: preact.ComponentChildren;
}

const Wire = ({ what, at, children }: WireProps) => (
  <td class="wire" data-l={what}>
    {at ? (
      <>
        {moment(at)}
        {children && <small>{children}</small>}
      </>
    ) : (
      <span class="wire-none">none yet</span>
    )}
  </td>
);
