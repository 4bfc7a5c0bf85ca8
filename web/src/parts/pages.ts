// A list that comes page by page: asked anew when what is wanted changes, and added to at its end.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Problem, Result } from "../api";
import { onChange } from "../events";
import { useLatest } from "./latest";

export interface Page<T> {
  items: T[];
  next: string | null;
}

interface State<T, P> {
  /** The first page, with what it says beside its items. */
  first?: P;
  items: T[];
  next: string | null;
  problem?: Problem;
}

/**
 * `ask` gives the page after a place, and must be stable while what is wanted is the same. `items`
 * and `next` say where they stand in it. When `changes` do, as many are asked for again as are shown.
 */
export function usePages<T, P extends { next: string | null }>(
  ask: (after?: string) => Promise<Result<P>>,
  items: (page: P) => T[],
  changes?: string,
) {
  const [state, set] = useState<State<T, P>>({ items: [], next: null });
  const askedRef = useRef(ask);
  const load = useCallback(
    async (after?: string) => {
      askedRef.current = ask;
      const r = await ask(after);
      // An answer to what nobody wants any more.
      if (askedRef.current !== ask) return;
      set((old) => {
        if (!r.ok) return { ...old, problem: r.problem };
        const more = items(r.value);
        if (after === undefined) return { first: r.value, items: more, next: r.value.next };
        return { first: old.first, items: [...old.items, ...more], next: r.value.next };
      });
    },
    [ask, items],
  );
  useEffect(() => void load(), [load]);
  const shownRef = useLatest(state.items.length);
  const refresh = useCallback(async () => {
    let page = await ask();
    if (!page.ok) return;
    const [first, all] = [page.value, items(page.value)];
    while (page.ok && page.value.next !== null && all.length < shownRef.current) {
      page = await ask(page.value.next);
      if (!page.ok) return;
      all.push(...items(page.value));
    }
    if (askedRef.current !== ask) return;
    set({ first, items: all, next: page.value.next });
  }, [ask, items, shownRef]);
  useEffect(
    () => (changes ? onChange(changes, () => void refresh()) : undefined),
    [changes, refresh],
  );
  const again = useCallback(() => void load(), [load]);
  return { ...state, again, refresh, more: () => void load(state.next ?? undefined) };
}
