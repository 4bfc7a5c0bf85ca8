// What managers rule on: whether two claims are on one lead, and fraud, which takes two of them.
import { useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { focusLater } from "../../parts/focus";
import { useLoaded } from "../../parts/load";
import { More } from "../../parts/More";
import { useOlder } from "../../parts/older";
import { Empty, Loading, Trouble } from "../../parts/states";
import { Allegation } from "./Allegation";
import { Pair } from "./Pair";
import "./Rulings.css";

export function Rulings() {
  const { value, problem, again } = useLoaded(api.rulings, "claims");
  const [said, say] = useState("");
  const done = (what: string) => {
    say(what);
    again();
    focusLater(() => document.getElementById("rulings"));
  };
  const alleged = value?.rulings.filter(isAlleged) ?? [];
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title">
        <h1 id="rulings" tabIndex={-1}>
          Rulings
        </h1>
        <span class="second">
          whether two claims are on one lead, and fraud; nothing else takes money back but a dispute
        </span>
        <span class="vh" role="status">
          {said}
        </span>
      </div>
      {problem && <Trouble problem={problem} again={again} />}
      {!value && !problem && <Loading what="rulings" />}
      {alleged.length > 0 && (
        <section class="panel" aria-labelledby="alleged">
          <header>
            <h2 id="alleged">Fraud alleged</h2>
            <span class="second">
              nothing moves until a second manager confirms it; it can be taken back or dismissed
            </span>
          </header>
          {alleged.map((r) => (
            <Allegation key={r.id} ruling={r} done={done} />
          ))}
        </section>
      )}
      {value && (
        <section class="panel" aria-labelledby="pairs">
          <header>
            <h2 id="pairs">Two claims, one number</h2>
            <span class="second">one lead earns once</span>
          </header>
          {value.pairs.length === 0 && (
            <Empty title="Nothing to rule on">
              <p>No two claims on different leads share a number. Where they do, they show here.</p>
            </Empty>
          )}
          {value.pairs.map((p) => (
            <Pair key={`${p.later.id} ${p.first.id}`} pair={p} done={done} />
          ))}
          {value.more_pairs && (
            <p class="pad second">
              These are the newest {value.pairs.length}. The others show as these are ruled on.
            </p>
          )}
        </section>
      )}
      {value && <Past first={value} />}
    </main>
  );
}

const isAlleged = (r: api.Ruling) =>
  r.kind === "fraud" && r.confirmed_at === null && r.dismissed_at === null;

const KINDS: Record<api.Ruling["kind"], string> = {
  duplicate: "One lead: the later claim earns nothing",
  distinct: "Two leads",
  fraud: "Fraud",
};

const earlier = async (before: string) => {
  const r = await api.earlierRulings(before);
  return r.ok ? { ...r, value: { items: r.value.rulings, next: r.value.next } } : r;
};

function Past({ first }: { first: api.Rulings }) {
  const stands = first.rulings.filter((r) => !isAlleged(r));
  const older = useOlder({ items: stands, next: first.next }, earlier);
  const rulings = [...stands, ...older.items];
  return (
    <section class="panel" aria-labelledby="past">
      <header>
        <h2 id="past">Ruled</h2>
      </header>
      {rulings.length === 0 ? (
        <Empty title="Nothing was ruled yet" />
      ) : (
        <table class="stacking single">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Claim</th>
              <th scope="col">Ruling</th>
              <th scope="col">Why, as the claimants read it</th>
            </tr>
          </thead>
          <tbody>
            {rulings.map((r) => (
              <tr key={r.id}>
                <td class="nowrap">{moment(r.confirmed_at ?? r.dismissed_at ?? r.ruled_at)}</td>
                <td>
                  <b>{r.claim.company}</b>
                  <br />
                  <span class="muted small">
                    C-{r.claim.number}, {r.claim.claimant}
                    {r.same_as && `; first: C-${r.same_as.number}, ${r.same_as.claimant}`}
                  </span>
                </td>
                <td>{r.dismissed_at ? "Fraud was alleged, and is no longer" : KINDS[r.kind]}</td>
                <td>“{r.note}”</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <More of={older} />
    </section>
  );
}
