// The agreement of marketing and sales: what each owes, two signatures, and how both halves were kept.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { day, moment, month } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import { follow } from "../../route";
import { Needs } from "./Needs";
import "./Handovers.css";

type Figures = api.PactFigures;

const FIGURES: [keyof Figures, string, string][] = [
  ["leads_a_month", "Marketing: leads a month", "0 says nothing of them"],
  ["complete_percent", "Marketing: write-up filled, percent", ""],
  ["answer_hours", "Sales: hours to an answer", ""],
  ["call_hours", "Sales: hours to the first call", ""],
  ["attempts", "Sales: attempts before unreachable", "an hour apart at least"],
  ["attempt_days", "… within days", ""],
];

export function PactPage({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.pacts, "handovers");
  return (
    <main id="main" class="page" tabIndex={-1}>
      <h1>Marketing and sales</h1>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="the agreement" />}
      {value?.clients.map((c) => (
        <One key={c.client} pact={c} signs={value.signs_for} me={me} done={again} />
      ))}
      <Needs />
    </main>
  );
}

interface Props {
  pact: api.ClientPact;
  signs: "marketing" | "sales" | null;
  me: api.Me;
  done: () => void;
}

function One({ pact, signs, me, done }: Props) {
  const [proposing, propose] = useState(false);
  return (
    <section class="panel" aria-label={pact.name}>
      <header>
        <h2>{pact.name}</h2>
        <span class="second">
          {pact.signed ? "signed by both" : "nothing is signed: these figures hold until it is"}
        </span>
        {!proposing && (
          <button class="btn end" onClick={() => propose(true)}>
            Propose a version
          </button>
        )}
      </header>
      <dl class="pad known">
        {FIGURES.map(([id, label]) => (
          <>
            <dt key={id}>{label}</dt>
            <dd>
              <b>{pact.holds[id]}</b>
            </dd>
          </>
        ))}
      </dl>
      {proposing && (
        <Propose
          client={pact.client}
          from={pact.holds}
          back={() => propose(false)}
          done={() => {
            propose(false);
            done();
          }}
        />
      )}
      <Measured measured={pact.measured} holds={pact.holds} opens={me.role !== "marketing"} />
      {pact.versions.length > 0 && (
        <ol class="versions">
          {pact.versions.map((v) => (
            <Version key={v.id} version={v} signs={signs} done={done} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Version({
  version: v,
  signs,
  done,
}: {
  version: api.PactVersion;
  signs: Props["signs"];
  done: () => void;
}) {
  const [problem, setProblem] = useState<api.Problem>();
  const sign = () =>
    void api.signPact(v.id).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) done();
    });
  return (
    <li>
      <p>
        <b>Version {v.version}</b>, proposed by {v.proposed_by}, {moment(v.proposed_at)}.{" "}
        {v.in_force_from ? (
          <b>in force since {day(v.in_force_from)}</b>
        ) : (
          <span class="second">waits for signatures</span>
        )}
      </p>
      <p class="second small">
        {FIGURES.map(([id, label]) => `${label} ${v.figures[id]}`).join(" · ")}
      </p>
      <p class="wrap">
        {(["marketing", "sales"] as const).map((house) => (
          <span key={house}>
            {house}: {v[house] ? `${v[house].name}, ${day(v[house].at)}` : "not signed"}
          </span>
        ))}
        {signs && !v[signs] && !v.in_force_from && (
          <button class="btn primary" onClick={sign}>
            Sign for {signs}
            <span class="vh"> version {v.version}</span>
          </button>
        )}
      </p>
      {problem && <Trouble problem={problem} />}
    </li>
  );
}

interface ProposeProps {
  client: string;
  from: Figures;
  done: () => void;
  back: () => void;
}

function Propose({ client, from, done, back }: ProposeProps) {
  const [problem, setProblem] = useState<api.Problem>();
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const figures = { ...from };
    for (const [id] of FIGURES) figures[id] = Number(form.get(id));
    const r = await api.proposePact({ client, figures });
    setProblem(r.ok ? undefined : r.problem);
    if (r.ok) done();
  };
  return (
    <form class="pad stack" aria-label="A version" onSubmit={(e) => void send(e)}>
      <div class="write-fields">
        {FIGURES.map(([id, label, hint]) => (
          <label key={id} class="field">
            <span>
              {label} {hint && <span class="muted small">({hint})</span>}
            </span>
            <input class="in" type="number" name={id} min={0} required value={from[id]} />
          </label>
        ))}
      </div>
      {problem && <Trouble problem={problem} />}
      <div class="wrap">
        <button type="button" class="btn" onClick={back}>
          Leave it
        </button>
        <button class="btn primary">Propose it</button>
      </div>
    </form>
  );
}

type Owed = api.MissedPromise["owed"];
const HALVES: Owed[] = ["complete", "answer", "call"];
/** Whose half it is, and what was missed of one lead and of several. */
const OWED: Record<Owed, [string, string, string]> = {
  complete: [
    "Marketing’s half",
    "write-up not as full as agreed",
    "write-ups not as full as agreed",
  ],
  answer: ["Sales’ half", "answer late or not given", "answers late or not given"],
  call: ["Sales’ half", "first call late or not made", "first calls late or not made"],
};

interface MissedProps {
  owed: Owed;
  missed: api.MissedPromise[];
  opens: boolean;
}

/** Leads of which one promise was missed: a card opens for who has cards, else the lead. */
function Missed({ owed, missed, opens }: MissedProps) {
  if (missed.length === 0) return null;
  const [half, one, several] = OWED[owed];
  const href = (x: api.MissedPromise) =>
    opens ? `/handovers/${x.claim}` : `/leads?lead=${encodeURIComponent(x.lead)}`;
  return (
    <details>
      <summary>
        {half}: {missed.length} {missed.length === 1 ? one : several}
      </summary>
      <ul>
        {missed.map((x) => (
          <li key={x.claim}>
            <a href={href(x)} onClick={follow}>
              {x.company}
            </a>{" "}
            (C-{x.number})
            {owed !== "complete" &&
              `: due ${moment(x.due_at)}, ${x.done_at ? `done ${moment(x.done_at)}` : "not done"}`}
          </li>
        ))}
      </ul>
    </details>
  );
}

interface MeasuredProps {
  measured: api.PactMeasured;
  holds: Figures;
  /** Cards are sales' and the managers'. */
  opens: boolean;
}

function Measured({ measured: m, holds, opens }: MeasuredProps) {
  return (
    <div class="pad of-month">
      <h3>{month(m.month)}, measured from the wire</h3>
      <ul class="measured">
        <li>
          <b>{m.handed_over}</b> leads handed over
          {holds.leads_a_month > 0 && ` of ${holds.leads_a_month}`}
        </li>
        <li>
          <b>{m.complete}</b> of {m.handed_over} write-ups at least {holds.complete_percent} % full
        </li>
        <li>
          <b>{m.answered_in_time}</b> of {m.answers_due} answers in time
        </li>
        <li>
          <b>{m.called_in_time}</b> of {m.calls_due} first calls in time
        </li>
      </ul>
      {m.missed.length === 0 ? (
        <p class="second">Nothing was missed: 0.</p>
      ) : (
        HALVES.map((owed) => (
          <Missed
            key={owed}
            owed={owed}
            missed={m.missed.filter((x) => x.owed === owed)}
            opens={opens}
          />
        ))
      )}
      {m.handed_over === 0 && (
        <Empty title="Nothing was handed over this month">
          <p>Both halves are measured from the first lead on.</p>
        </Empty>
      )}
    </div>
  );
}
