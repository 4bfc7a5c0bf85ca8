// When calls connect: rates by weekday and slot, shares, cuts of the day, and who is singled out by them.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Heat } from "./Heat";
import { Promised } from "./Promised";
import { SlotTables } from "./SlotTables";
import { clockOf, percent, range } from "./slotWords";
import "./Slots.css";

export function Slots({ me }: { me: api.Me }) {
  const [asked, ask] = useState<api.SlotsAsked>({});
  const load = useCallback(() => api.slots(asked), [asked]);
  const { value, problem, again } = useLoaded(load, "calls");
  const manages = me.role === "manager";
  return (
    <main id="main" class="page slots" tabIndex={-1}>
      <div class="title">
        <h1>{manages ? "When calls connect" : "When your calls connect"}</h1>
        {value?.from && value.to && (
          <span class="second">
            {value.from} to {value.to}, times of {value.zone}
          </span>
        )}
        <a class="btn end screen-only" href={api.slotsUrl(asked)} download="assay-slots.csv">
          Export CSV
        </a>
      </div>
      {value && <Bar value={value} asked={asked} ask={ask} />}
      {value && <Promised value={value} manages={manages} again={again} />}
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="the slots" />}
      {value && <Figures value={value} asked={asked} ask={ask} />}
    </main>
  );
}

interface Part {
  value: api.SlotsReport;
  asked: api.SlotsAsked;
  ask: (asked: api.SlotsAsked) => void;
}

function Figures({ value, asked, ask }: Part) {
  if (value.total.calls === 0)
    return (
      <section class="panel">
        <Empty title={value.promise ? "Nothing can be told yet" : "No calls in these days"}>
          <p>
            {value.promise
              ? "Slots are told of four whole weeks, three days after they end, and only where five people or more called in them."
              : "Choose other days. Calls are counted that somebody of the house made on a line that is known."}
          </p>
        </Empty>
      </section>
    );
  return (
    <>
      <Heat value={value} />
      <div class="low">
        <SlotTables value={value} />
        <div class="column">
          <Cut value={value} asked={asked} ask={ask} />
          <How value={value} />
        </div>
      </div>
    </>
  );
}

/** Slots that the page offers: width and offset in minutes. */
const GRIDS: [string, number, number][] = [
  [":10 :30 :50", 20, 10],
  [":00 :20 :40", 20, 0],
  [":00 :30", 30, 0],
  [":15 :45", 30, 15],
  ["every quarter", 15, 0],
  ["every hour", 60, 0],
];

function Bar({ value, asked, ask }: Part) {
  const date = (name: "from" | "to", label: string) => (
    <label class="field">
      <span>{label}</span>
      <input
        class="in"
        type="date"
        value={asked[name] ?? value[name] ?? ""}
        onChange={(e) => ask({ ...asked, [name]: e.currentTarget.value || undefined })}
      />
    </label>
  );
  const pick = (name: "client" | "campaign" | "person", label: string, all: string | null) => {
    const options = { client: value.clients, campaign: value.campaigns, person: value.people }[
      name
    ];
    if (options.length < (all === null ? 2 : 1) && !asked[name]) return null;
    return (
      <label class="field">
        <span>{label}</span>
        <select
          class="in"
          value={asked[name] ?? (name === "client" ? value.client : "")}
          onChange={(e) => {
            const chosen = e.currentTarget.value || undefined;
            ask(name === "client" ? { client: chosen } : { ...asked, [name]: chosen });
          }}
        >
          {all !== null && <option value="">{all}</option>}
          {options.map((o) => (
            <option key={o.id} value={o.id}>
              {o.name}
            </option>
          ))}
        </select>
      </label>
    );
  };
  return (
    <div class="bar screen-only" role="group" aria-label="What is counted">
      {pick("client", "Client", null)}
      {date("from", "From")}
      {date("to", "To")}
      {!value.promise && pick("campaign", "Campaign", "All")}
      {!value.promise && pick("person", "Telemarketer", "All")}
      <label class="field">
        <span>Count</span>
        <select
          class="in"
          value={value.count}
          onChange={(e) =>
            ask({ ...asked, count: e.currentTarget.value as api.SlotsReport["count"] })
          }
        >
          <option value="connects">Connects</option>
          <option value="meetings">Meetings</option>
        </select>
      </label>
      {!value.promise && (
        <label class="field">
          <span>Slots start at</span>
          <select
            class="in"
            value={`${value.width} ${value.offset}`}
            onChange={(e) => {
              const [width, offset] = e.currentTarget.value.split(" ").map(Number);
              ask({ ...asked, width, offset });
            }}
          >
            {GRIDS.map(([label, width, offset]) => (
              <option key={label} value={`${width} ${offset}`}>
                {label}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        <span>Fewest calls</span>
        <input
          class="in"
          type="number"
          min="1"
          max="10000"
          value={asked.fewest ?? value.fewest}
          onChange={(e) => ask({ ...asked, fewest: Number(e.currentTarget.value) || undefined })}
        />
      </label>
    </div>
  );
}

function Cut({ value, asked, ask }: Part) {
  const [before, setBefore] = useState(asked.before ?? "10:30");
  const [after, setAfter] = useState(asked.after ?? "14:30");
  const counted = value.count === "meetings" ? "meetings" : "connects";
  const cut = value.cut;
  return (
    <section class="panel" aria-labelledby="cut">
      <header>
        <h2 id="cut">Cut the day</h2>
      </header>
      <form
        class="pad cut-form screen-only"
        onSubmit={(e) => {
          e.preventDefault();
          ask({ ...asked, before, after });
        }}
      >
        <label class="field">
          <span>Before</span>
          <input
            class="in"
            type="time"
            step="300"
            value={before}
            onInput={(e) => setBefore(e.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>and from</span>
          <input
            class="in"
            type="time"
            step="300"
            value={after}
            onInput={(e) => setAfter(e.currentTarget.value)}
          />
        </label>
        <button class="btn">Cut</button>
      </form>
      {cut && (
        <p class="pad" role="status">
          <b>{percent(cut.outside.share_of_calls)}</b> of calls,{" "}
          <b>{cut.outside.share === null ? "none" : percent(cut.outside.share)}</b> of {counted} are
          before {clockOf(cut.before)} and from {clockOf(cut.from)} on.{" "}
          {cut.outside.rate && cut.between.rate
            ? `Rate ${percent(cut.outside.rate.rate, 1)} (${range(cut.outside.rate)}); in between ${percent(cut.between.rate.rate, 1)} (${range(cut.between.rate)}).`
            : "Too few calls on one side for a rate."}
        </p>
      )}
    </section>
  );
}

function How({ value }: { value: api.SlotsReport }) {
  return (
    <section class="panel" aria-labelledby="how">
      <header>
        <h2 id="how">How it is counted</h2>
      </header>
      <div class="pad stack">
        <p>
          A connect is an answered call with {value.connect_seconds} s of the prospect’s speech, in
          which the prospect takes the word at least twice after the telemarketer: an answering
          machine speaks, and does not answer. A call that its telemarketer marks as voicemail or no
          answer is none.
        </p>
        <p>
          A call counts in the slot in which it was dialled, by the clock of {value.zone}. Ranges
          are Wilson’s 95 % intervals; under {value.fewest} calls no rate is told.
        </p>
        {!value.promise && (
          <p>
            <b>Adjusted</b> holds a slot against who called in it and under which number: its
            connects over those that these people have at all times, times the overall rate.
          </p>
        )}
        {value.waiting > 0 && (
          <p role="status">
            {value.waiting.toLocaleString()} {value.waiting === 1 ? "call is" : "calls are"} not
            counted yet.
          </p>
        )}
      </div>
    </section>
  );
}
