// The extract of the books: every claim, whatever became of it, on screen, on paper and as CSV.
import { useCallback, useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { day, money } from "../../format";
import { useLatest } from "../../parts/latest";
import { Empty, Loading, Trouble } from "../../parts/states";
import { fateWords } from "./fateWords";
import "./Books.css";

/** Paper beyond this is no use to anybody: the CSV holds all. */
const MOST_ON_PAPER = 5000;

interface Shown {
  claims: api.ExtractClaim[];
  next: number | null;
  people: api.ExtractPerson[];
  zone: string;
}

/** Claims of a span, loaded page by page. */
function useBooks(span: api.ExtractSpan) {
  const [shown, set] = useState<Shown>();
  const [problem, setProblem] = useState<api.Problem>();
  const spanRef = useLatest(span);
  const load = useCallback(
    async (before?: Shown): Promise<Shown | undefined> => {
      const r = await api.extract(span, before?.next ?? undefined);
      if (spanRef.current !== span) return undefined;
      setProblem(r.ok ? undefined : r.problem);
      if (!r.ok) return undefined;
      const { claims, next, people, zone } = r.value;
      const now = {
        claims: [...(before?.claims ?? []), ...claims],
        next,
        people: before?.people ?? people,
        zone,
      };
      set(now);
      return now;
    },
    [span, spanRef],
  );
  useEffect(() => void load(), [load]);
  return { shown, problem, load };
}

export function Books({ me }: { me: api.Me }) {
  const [span, setSpan] = useState<api.ExtractSpan>({});
  const { shown, problem, load } = useBooks(span);
  const [said, say] = useState("");
  const paper = async () => {
    let all = shown;
    while (all && all.next !== null && all.claims.length < MOST_ON_PAPER) all = await load(all);
    if (!all) return;
    if (all.next !== null)
      return say(`More than ${MOST_ON_PAPER} claims: choose fewer days, or take the CSV.`);
    say("");
    requestAnimationFrame(() => print());
  };
  return (
    <main id="main" class="page books" tabIndex={-1}>
      <div class="title">
        <h1>Books</h1>
        <span class="second">every claim, whatever became of it</span>
        <a class="btn end screen-only" href={api.extractUrl(span)} download="assay-extract.csv">
          Download as CSV
        </a>
        <button class="btn screen-only" onClick={() => void paper()}>
          Print
        </button>
      </div>
      {me.role === "manager" || shown ? (
        <Filter span={span} people={shown?.people ?? []} choose={setSpan} />
      ) : null}
      <p class={said ? "mark" : "vh"} role="status">
        {said}
      </p>
      {problem && <Trouble problem={problem} again={() => void load(shown)} />}
      {!shown && !problem && <Loading what="the books" />}
      {shown && (
        <section class="panel" aria-label="Claims">
          {shown.claims.length === 0 ? (
            <Empty title="No claim in these days">
              <p>Choose other days, or leave them empty for all.</p>
            </Empty>
          ) : (
            <Table shown={shown} who={me.role === "manager"} />
          )}
          {shown.next !== null && (
            <p class="pad wrap screen-only">
              <button class="btn" onClick={() => void load(shown)}>
                Show more
              </button>
              <span class="second">{shown.claims.length} are shown.</span>
            </p>
          )}
        </section>
      )}
    </main>
  );
}

interface FilterProps {
  span: api.ExtractSpan;
  people: api.ExtractPerson[];
  choose: (span: api.ExtractSpan) => void;
}

function Filter({ span, people, choose }: FilterProps) {
  const field = (name: "from" | "to", label: string) => (
    <label class="field">
      <span>{label}</span>
      <input
        class="in"
        type="date"
        value={span[name] ?? ""}
        onChange={(e) => choose({ ...span, [name]: e.currentTarget.value || undefined })}
      />
    </label>
  );
  return (
    <form class="panel filters screen-only" aria-label="Which claims">
      {people.length > 0 && (
        <label class="field">
          <span>Telemarketer</span>
          <select
            class="in"
            value={span.person ?? ""}
            onChange={(e) => choose({ ...span, person: e.currentTarget.value || undefined })}
          >
            <option value="">all</option>
            {people.map((p) => (
              <option key={p.id} value={p.id}>
                {p.name}
              </option>
            ))}
          </select>
        </label>
      )}
      {field("from", "Claimed from")}
      {field("to", "Claimed until")}
    </form>
  );
}

function Table({ shown: { claims, zone }, who }: { shown: Shown; who: boolean }) {
  return (
    <table class="stacking">
      <thead>
        <tr>
          <th scope="col">Claim</th>
          {who && <th scope="col">Telemarketer</th>}
          <th scope="col">Lead</th>
          <th scope="col">What became of it</th>
          <th scope="col" class="num">
            Stands
          </th>
        </tr>
      </thead>
      <tbody>
        {claims.map((c) => (
          <tr key={c.id}>
            <td>
              <b>C-{c.number}</b> <span class="second nowrap">{day(c.made_at, zone)}</span>
            </td>
            {who && <td>{c.person}</td>}
            <td>
              {c.company} <span class="second">{c.campaign}</span>
            </td>
            <td class="became">
              <Became claim={c} zone={zone} />
            </td>
            <td class="num">{c.stands.length > 0 ? c.stands.map(money).join(" + ") : "nothing"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Became({ claim: c, zone }: { claim: api.ExtractClaim; zone: string }) {
  return (
    <>
      {fateWords(c.fate)}, {day(c.since, zone)}
      {c.waits_until && <small>until {day(c.waits_until, zone)} at the latest</small>}
      {c.sent_back_note && <small>“{c.sent_back_note}”</small>}
      {c.rulings.map((r) => (
        <small key={`${r.kind} ${r.ruled_at}`}>
          ruled {r.kind}: “{r.note}”{r.kind === "fraud" && !r.confirmed_at && ", not confirmed"}
        </small>
      ))}
      {c.entries.map((e) => (
        <small key={e.id}>
          {money(e.amount)}
          {e.part === "opener" && " to who opened the lead"} in {e.period},{" "}
          {e.run === null ? "in no payroll run yet" : `paid by run ${e.run}`}
        </small>
      ))}
    </>
  );
}
