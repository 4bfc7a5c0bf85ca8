// A claim while it is written: kept on the box and in this tab, brought back when the form opens
// again.
import { useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { type Kept, Keeper, type Tried } from "../../parts/keeper";
import { lasting, mirror } from "../../parts/mirror";

export type Draft = api.ClaimBody;

const inTab = (call: string) => mirror<Draft>(`claim.${call}`);

/** Whether this tab has a claim that was begun on a call, and that the box may not have. */
export const drafted = (call: string) => inTab(call).get() !== undefined;

/** The box did not take it now, and may take it later. */
const passing = ({ status }: api.Problem) =>
  status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;

async function send(call: string, draft: Draft): Promise<Tried> {
  const r = await api.keepClaimDraft(call, draft);
  if (r.ok) inTab(call).drop(draft);
  if (r.ok) return "in";
  return passing(r.problem) ? "again" : "refused";
}

export interface Drafting {
  draft: Draft;
  kept: Kept;
  /** It was begun before, and is here as it was left. */
  brought: boolean;
  change: (part: Partial<Draft>) => void;
  /** It was sent: nothing of it is kept. */
  done: () => void;
}

export function useClaimDraft(call: string, onBox: Draft | null): Drafting {
  const [before] = useState(() => inTab(call).get());
  const [draft, setDraft] = useState<Draft>(
    before ?? onBox ?? { calls: [call], write_up: "", answers: {} },
  );
  const [kept, say] = useState<Kept>("untouched");
  const [keeper] = useState(() => new Keeper<Draft>((d) => send(call, d), say));
  useEffect(() => {
    // The box never had it.
    if (before) keeper.put(before);
    const leaving = () => keeper.waiting && api.keepClaimDraftLeaving(call, keeper.waiting);
    addEventListener("pagehide", leaving);
    return () => {
      removeEventListener("pagehide", leaving);
      keeper.leave();
    };
  }, [keeper, call, before]);
  const change = (part: Partial<Draft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    inTab(call).put(next);
    keeper.put(next);
  };
  const done = () => {
    keeper.stop();
    inTab(call).drop();
  };
  return { draft, kept, brought: Boolean(before ?? onBox), change, done };
}

/**
 * A claim that is changed while nobody has taken it: the box has it as it was, this browser as it
 * is now.
 */
export function useClaimChange(claim: api.Claim): Omit<Drafting, "kept"> {
  const browser = lasting<Draft>(`change.${claim.id}`);
  const [before] = useState(browser.get);
  const [draft, setDraft] = useState<Draft>(
    before ?? {
      calls: claim.calls.map((c) => c.id),
      write_up: claim.write_up,
      answers: claim.own_answers,
    },
  );
  const change = (part: Partial<Draft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    browser.put(next);
  };
  return { draft, brought: Boolean(before), change, done: () => browser.drop() };
}
