// What sales lets in: acceptance by representative, raw and on like leads, with reasons, doubts, first calls and what lies.
import { useCallback } from "preact/hooks";
import * as api from "../../api";
import { useAsked } from "../../parts/asked";
import { useLoaded } from "../../parts/load";
import { Empty } from "../../parts/states";
import { reasonWord } from "../handover/words";
import { RangeBar } from "./RangeBar";
import { How, Report } from "./Report";
import { percent, range } from "./slotWords";
import "./Worth.css";

const DOUBTS: Record<api.GateDoubt, string> = {
  contradicted: "a second reviewer found the criterion met",
  reached: "called unreachable, and the wire saw them talk",
  few_attempts: "called unreachable after fewer attempts than agreed",
  no_words: "a reason that needs words has none",
};
const CALLS: Record<api.GateFirstCall, string> = {
  talked: "talked",
  short: "answered, under half a minute",
  not_answered: "not answered",
  none: "no call seen",
};

export function GatePage({ me }: { me: api.Me }) {
  const [asked, ask] = useAsked<api.WaterfallAsked>("client", "from", "to");
  const load = useCallback(() => api.salesGate(asked), [asked]);
  const loaded = useLoaded(load, "handovers");
  return (
    <Report
      name="gate"
      title="What sales lets in"
      days="handed over"
      what="the figures"
      csv={api.salesGateUrl(asked)}
      files={[
        ["by representative", api.salesGateUrl(asked)],
        ["reasons, doubts and first calls", api.salesGateUrl(asked, "behind")],
        ["by band of the score", api.salesGateUrl(asked, "bands")],
      ]}
      together="Everybody is told together, of four whole weeks as they stood five weeks later, where they were handed over to five people or more. Each representative has their own."
      loaded={loaded}
      asked={asked}
      ask={ask}
    >
      {(value) => <Figures value={value} own={me.role === "sales"} />}
    </Report>
  );
}

function Figures({ value, own }: { value: api.GateReport; own: boolean }) {
  const rows = value.people;
  if (rows.length === 0 && !value.all?.leads)
    return (
      <section class="panel">
        <Empty
          title={own ? "No lead is yours in these days" : "No lead was handed over in these days"}
        >
          <p>Choose other days: leads are told by when they were handed over.</p>
        </Empty>
      </section>
    );
  return (
    <>
      <section class="panel scroll" aria-label="By representative" tabIndex={0}>
        <Table value={value} />
      </section>
      {value.all === null && (
        <section class="panel pad verdict-line">
          <p>
            <b>Yours alone.</b> With so few colleagues the whole, and a comparison on like leads,
            would tell theirs.
          </p>
        </section>
      )}
      {rows.map((r) => (
        <details key={r.person ?? ""} class="panel" open={rows.length === 1}>
          <summary class="pad">
            {nameOf(r)} <span class="second">{summary(r.gate)}</span>
          </summary>
          <Behind gate={r.gate} />
        </details>
      ))}
      <Counted value={value} />
    </>
  );
}

const nameOf = (r: api.GateRow) => r.name ?? "nobody’s, or answered by the CRM";
const doubts = (g: api.Gate) => g.doubts.reduce((sum, d) => sum + d.times, 0);
const summary = (g: api.Gate) =>
  `${g.decided.toLocaleString()} decided, ${g.accepted.toLocaleString()} accepted, ${doubts(g)} rejections not supported`;

function Table({ value }: { value: api.GateReport }) {
  const row = (key: string, name: string, g: api.Gate) => (
    <tr key={key} class={g.decided < value.fewest ? "few" : ""}>
      <th scope="row">{name}</th>
      <td data-head="Leads" class="num">
        {g.leads.toLocaleString()}
      </td>
      <td data-head="Decided" class="num">
        {g.decided.toLocaleString()}
      </td>
      <td data-head="Accepted" class="num">
        {g.raw ? <b>{percent(g.raw.rate)}</b> : <span class="second">none decided</span>}
        {g.raw && <small class="second"> {range(g.raw)}</small>}
      </td>
      <td data-head="On like leads" class="num">
        {g.adjusted ? (
          <b>{percent(g.adjusted.rate)}</b>
        ) : key === "all" ? (
          ""
        ) : (
          <span class="second">not told</span>
        )}
        {g.adjusted && <small class="second"> {range(g.adjusted)}</small>}
      </td>
      <td>{g.adjusted ? <RangeBar rate={g.adjusted} mark={value.all?.raw?.rate} /> : ""}</td>
      <td data-head="Not supported" class="num">
        {doubts(g)}
      </td>
      <td data-head="Answer overdue" class="num">
        {g.answers_overdue}
      </td>
      <td data-head="Not called" class="num">
        {g.calls_overdue}
      </td>
    </tr>
  );
  return (
    <table class="cards">
      <caption class="vh">Acceptance by representative</caption>
      <thead>
        <tr>
          <th scope="col">Whose leads</th>
          <th scope="col" class="num">
            Leads
          </th>
          <th scope="col" class="num">
            Decided
          </th>
          <th scope="col" class="num">
            Accepted
          </th>
          <th scope="col" class="num">
            On like leads
          </th>
          <th scope="col">
            <span class="vh">Picture</span>
          </th>
          <th scope="col" class="num">
            Not supported
          </th>
          <th scope="col" class="num">
            Answer overdue
          </th>
          <th scope="col" class="num">
            Not called
          </th>
        </tr>
      </thead>
      <tbody>
        {value.all && row("all", "Everybody", value.all)}
        {value.people.map((r) => row(r.person ?? "nobody", nameOf(r), r.gate))}
      </tbody>
    </table>
  );
}

function Behind({ gate }: { gate: api.Gate }) {
  const list = (title: string, rows: [string, number][], none: string) => (
    <div>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="second">{none}</p>
      ) : (
        <ul>
          {rows.map(([words, times]) => (
            <li key={words}>
              <b>{times}</b> {words}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
  return (
    <div class="pad reasons">
      {list(
        "Reasons",
        gate.reasons.map((r) => [reasonWord(r.reason), r.times]),
        "Nothing was turned down.",
      )}
      {list(
        "Not supported by what is known",
        gate.doubts.map((d) => [DOUBTS[d.doubt], d.times]),
        "Nothing speaks against a rejection.",
      )}
      {list(
        "First calls",
        gate.first_calls.map((c) => [CALLS[c.outcome], c.times]),
        "No lead, no call.",
      )}
      {list(
        "By what others accept of such leads",
        gate.bands.map((b) => [
          `decided of those scored ${b.from} to ${b.from + 10} %, ${b.accepted} accepted`,
          b.decided,
        ]),
        "The others’ leads are too few to tell.",
      )}
    </div>
  );
}

const Counted = ({ value }: { value: api.GateReport }) => (
  <How>
    <p>
      Decided is accepted, later, nurture or reject, by the answer that stands within thirty days; a
      question is not decided. A lead is theirs who answered for it, else theirs to whom it was
      given. Every rejection counts, preferences and no capacity too. Rates have Wilson’s 95 %
      interval, and are grey under {value.fewest}.
    </p>
    <p>
      On like leads: the others’ leads say how likely each lead is accepted, in bands of ten per
      cent; own ones do not, so that who turns down much does not make their leads look poor. The
      rate of everybody, times what was accepted over what the others accept of such leads. Leads
      that are left without an answer make no rate better: they stand beside it as overdue.
    </p>
    <p>
      Calls from mobiles are not seen here. Nothing of this moves anybody’s pay or reaches a
      reviewer.
    </p>
  </How>
);
