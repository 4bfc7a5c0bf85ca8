// Pages of a list after the first, which alone is kept up to date.
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem, Result } from "../api";

interface Page<T, N> {
  items: T[];
  /** Where the next page begins; null: this is the last. */
  next: N | null;
}

export interface Older<T> {
  items: T[];
  /** Asks for the next page; none: there is none. */
  more: (() => void) | undefined;
  problem: Problem | undefined;
}

/** `first` is the first page, as it was answered last; `ask` gives those after. */
export function useOlder<T, N>(
  first: Page<T, N> | undefined,
  ask: (next: N) => Promise<Result<Page<T, N>>>,
): Older<T> {
  const [older, setOlder] = useState<Page<T, N>>();
  const [problem, setProblem] = useState<Problem>();
  // A first page that begins elsewhere has others after it.
  const begins = first?.next;
  useEffect(() => setOlder(undefined), [begins]);
  const next = older ? older.next : (begins ?? null);
  const more = useCallback(() => {
    if (next === null) return;
    void ask(next).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (!r.ok) return;
      setOlder((old) => ({ items: [...(old?.items ?? []), ...r.value.items], next: r.value.next }));
    });
  }, [next, ask]);
  return { items: older?.items ?? [], more: next === null ? undefined : more, problem };
}
