// When calls connect: rates by weekday and slot, shares, cuts of the day, and who is singled out by them.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { useAsked } from "../../parts/asked";
import { useLoaded } from "../../parts/load";
import { Empty } from "../../parts/states";
import { Heat } from "./Heat";
import { Promised } from "./Promised";
import { Choice, How, Report } from "./Report";
import { SlotTables } from "./SlotTables";
import { clockOf, percent, range } from "./slotWords";
import "./Slots.css";

const ASKED = [
  "client",
  "from",
  "to",
  "person",
  "campaign",
  "count",
  "width",
  "offset",
  "fewest",
  "before",
  "after",
] as const;

/** What its tables are called. */
const FILES: [string, string][] = [
  ["cells", "by weekday and slot"],
  ["slots", "by slot"],
  ["starts", "by minute of the hour"],
  ["cut", "the cut"],
  ["people", "by telemarketer"],
  ["numbers", "by the number shown"],
];

export function Slots({ me }: { me: api.Me }) {
  const [asked, ask] = useAsked<api.SlotsAsked>(...ASKED);
  const load = useCallback(() => api.slots(asked), [asked]);
  const loaded = useLoaded(load, "calls");
  const manages = me.role === "manager";
  return (
    <Report
      name="slots"
      title={manages ? "When calls connect" : "When your calls connect"}
      what="the slots"
      csv={api.slotsUrl(asked)}
      files={FILES.filter(([table]) => table !== "cut" || asked.before).map(([table, name]) => [
        name,
        api.slotsUrl(asked, table),
      ])}
      loaded={loaded}
      asked={asked}
      ask={ask}
      choices={(value) => <Choices value={value} asked={asked} ask={ask} />}
      above={(value) => <Promised value={value} manages={manages} again={loaded.again} />}
    >
      {(value) => <Figures value={value} asked={asked} ask={ask} />}
    </Report>
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
        <div class="stacked">
          <Cut key={`${asked.before} ${asked.after}`} value={value} asked={asked} ask={ask} />
          <Counted value={value} />
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

const COUNTS: [api.SlotsReport["count"], string][] = [
  ["connects", "Connects"],
  ["meetings", "Meetings"],
];

function Choices({ value, asked, ask }: Part) {
  const pick = (name: "campaign" | "person", label: string) => {
    const all = { campaign: value.campaigns, person: value.people }[name];
    if (value.promise || (all.length === 0 && !asked[name])) return null;
    const options = all.map((o): [string, string] => [o.id, o.name]);
    return (
      <Choice
        label={label}
        value={asked[name] ?? ""}
        options={[["", "All"], ...options]}
        choose={(chosen) => ask({ ...asked, [name]: chosen || undefined })}
      />
    );
  };
  return (
    <>
      {pick("campaign", "Campaign")}
      {pick("person", "Telemarketer")}
      <Choice
        label="Count"
        value={value.count}
        options={COUNTS}
        choose={(count) => ask({ ...asked, count })}
      />
      {!value.promise && (
        <Choice
          label="Slots start at"
          value={`${value.width} ${value.offset}`}
          options={GRIDS.map(([label, width, offset]) => [`${width} ${offset}`, label])}
          choose={(grid) => {
            const [width, offset] = grid.split(" ").map(Number);
            ask({ ...asked, width, offset });
          }}
        />
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
    </>
  );
}

function Cut({ value, asked, ask }: Part) {
  const [before, setBefore] = useState(asked.before ?? "10:30");
  const [after, setAfter] = useState(asked.after ?? "14:30");
  const counted = value.count === "meetings" ? "meetings" : "connects";
  const cut = value.cut;
  return (
    <section class={`panel ${cut ? "" : "screen-only"}`} aria-labelledby="cut">
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

/** How well a voicemail is told, measured on the calls that were marked. */
function Voicemails({ told }: { told: NonNullable<api.SlotsReport["voicemails"]> }) {
  const { machines, people } = told;
  if (!machines.rate && !people.rate)
    return <p>How well that tells a voicemail is not known: no answered call was marked.</p>;
  const of = (part: typeof machines, what: string) =>
    part.rate
      ? `of ${part.marked.toLocaleString()} marked as ${what}, ${percent(part.rate.rate)} (${range(part.rate)}) are told as such`
      : `none was marked as ${what}`;
  return (
    <p>
      Measured on answered calls of these days that were marked, by the voices alone:{" "}
      {of(machines, "voicemail")}; {of(people, "talked to")}.
    </p>
  );
}

function Counted({ value }: { value: api.SlotsReport }) {
  return (
    <How>
      <p>
        A connect is an answered call with {value.connect_seconds} s of the prospect’s speech, in
        which the prospect replies at least twice: takes the word after the telemarketer has spoken
        for two seconds, and is let speak. An answering machine speaks on, whatever is said. A call
        that its telemarketer marks as voicemail or no answer is none.
      </p>
      <p>
        Measured on 170 calls that were made for it, with 20 s as the least: all 40 people who
        talked so long in turns are connects, 10 who told one long story at a stretch are not; of
        100 answering machines, menus, screenings and music on hold, 1 is taken for a connect.
      </p>
      {value.voicemails && <Voicemails told={value.voicemails} />}
      <p>
        A call counts in the slot in which it was dialled, by the clock of {value.zone}. Ranges are
        Wilson’s 95 % intervals; under {value.fewest} calls no rate is told.
      </p>
      {!value.promise && (
        <p>
          <b>Adjusted</b> holds a slot against who called in it and under which number: its connects
          over those that these people have at all times, times the overall rate. So no slot is
          praised for who called in it, or for how many hours they did.
        </p>
      )}
      {!value.promise && (
        <p>
          <b>Numbers reached</b> counts each number that was called in a slot once: it is reached
          where one of its calls there connected.
        </p>
      )}
      {value.waiting > 0 && (
        <p role="status">
          {value.waiting.toLocaleString()} {value.waiting === 1 ? "call is" : "calls are"} not
          counted yet.
        </p>
      )}
    </How>
  );
}
