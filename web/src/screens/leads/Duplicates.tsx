// Leads that may be one, side by side: one stays and takes the other in, or they are two.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { useAddress } from "../../parts/address";
import { focusLater } from "../../parts/focus";
import { useLatest } from "../../parts/latest";
import { useLoaded } from "../../parts/load";
import { usePages } from "../../parts/pages";
import { Pick } from "../../parts/Pick";
import { Empty, Loading, Trouble } from "../../parts/states";
import { DuplicatePair } from "./DuplicatePair";
import { MergedLeads } from "./MergedLeads";
import "./Duplicates.css";

const SHARED: [string, string][] = [
  ["number", "Same number"],
  ["mail", "Same mail address"],
  ["company", "Same company"],
];
const pairsOf = (page: api.Duplicates) => page.pairs;

export function Duplicates({ me }: { me: api.Me }) {
  const [fields, change] = useAddress();
  const { value: choices, problem, again } = useLoaded(api.leadChoices);
  const campaigns = choices?.campaigns ?? [];
  const wanted = fields.get("campaign");
  const chosen = campaigns.find((c) => c.id === wanted) ?? campaigns[0];
  const clients = new Set(campaigns.map((c) => c.client));
  const names = campaigns.map((c): [string, string] => [
    c.id,
    clients.size > 1 ? `${c.name}, ${c.client}` : c.name,
  ]);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <div class="title">
        <h1>Duplicates</h1>
        <span class="second">leads of a campaign that may be one</span>
      </div>
      <form class="filters panel" role="search" onSubmit={(e) => e.preventDefault()}>
        <Pick name="campaign" label="Campaign" all={names} none="" {...{ fields, change }} />
        <Pick name="by" label="Which" all={SHARED} none="" {...{ fields, change }} />
      </form>
      {problem && <Trouble problem={problem} again={again} />}
      {!choices && !problem && <Loading what="campaigns" />}
      {choices && !chosen && (
        <Empty title="No campaign yet">
          <p>Leads belong to a campaign: a manager opens one.</p>
        </Empty>
      )}
      {chosen && (
        <Pairs
          key={`${chosen.id} ${fields.get("by")}`}
          campaign={chosen.id}
          by={fields.get("by") ?? "number"}
          acts={me.role === "manager"}
        />
      )}
    </main>
  );
}

interface PairsProps {
  campaign: string;
  by: string;
  /** A manager settles; marketing reads. */
  acts: boolean;
}

function Pairs({ campaign, by, acts }: PairsProps) {
  const ask = useCallback((after?: string) => api.duplicates(campaign, by, after), [campaign, by]);
  const { first, items, next, problem, again, refresh, more } = usePages(ask, pairsOf);
  // Some thousand leads are held against the others in one go: it goes on until a pair is found.
  const [sought, seek] = useState(1);
  const isLooking = first !== undefined && next !== null && items.length < sought && !problem;
  const moreRef = useLatest(more);
  useEffect(() => {
    if (isLooking) moreRef.current();
  }, [isLooking, next, moreRef]);
  const [said, say] = useState("");
  const [turn, setTurn] = useState(0);
  const headRef = useRef<HTMLHeadingElement>(null);
  const listRef = useRef<HTMLDivElement>(null);
  const done = (what: string, nth: number) => {
    say(what);
    setTurn(turn + 1);
    void refresh().then(() =>
      focusLater(
        () => listRef.current?.querySelectorAll<HTMLElement>("article")[nth] ?? headRef.current,
      ),
    );
  };
  return (
    <>
      <section class="panel" aria-labelledby="pairs">
        <header>
          <h2 id="pairs" ref={headRef} tabIndex={-1}>
            {SHARED.find(([id]) => id === by)?.[1]}
          </h2>
          <span class="second" role="status">
            {said}
          </span>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!first && !problem && <Loading what="leads" />}
        {first && items.length === 0 && !next && (
          <Empty title="Nothing to settle">
            <p>No two leads of this campaign have it in common, or all of them are settled.</p>
          </Empty>
        )}
        <div ref={listRef}>
          {items.map((pair, nth) => (
            <DuplicatePair
              key={`${pair.one.id} ${pair.other.id}`}
              pair={pair}
              acts={acts}
              done={(what) => done(what, nth)}
            />
          ))}
        </div>
        {isLooking && (
          <p class="pad" role="status">
            Looking through the other leads…
          </p>
        )}
        {next && !isLooking && (
          <p class="pad">
            <button class="btn" onClick={() => seek(items.length + 1)}>
              Show 20 more
            </button>
          </p>
        )}
      </section>
      <MergedLeads key={turn} campaign={campaign} acts={acts} split={(what) => done(what, 0)} />
    </>
  );
}
