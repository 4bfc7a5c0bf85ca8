// One's own claims beyond the newest fifty: earlier ones, those that somebody looks for, and the one
// that an address names.
import { useCallback, useEffect, useState } from "preact/hooks";
import * as api from "../../api";

interface Older {
  /** What they answer to. */
  of: string;
  items: api.Claim[];
  next: number | null;
}
const NONE: Older = { of: "", items: [], next: null };

export interface ClaimPages {
  list: api.Claim[] | undefined;
  next: number | null;
  more: () => void;
  problem: api.Problem | undefined;
}

/** `first` are the newest, which are kept up to date elsewhere. */
export function useClaimPages(
  first: { claims: api.Claim[]; next?: number | null } | undefined,
  fields: URLSearchParams,
  number: number | undefined,
): ClaimPages {
  const q = fields.get("q") ?? "";
  const decided = fields.get("decided") ?? "";
  const of = q || decided ? `${q}\n${decided}` : "";
  const [older, setOlder] = useState<Older>(NONE);
  const [problem, setProblem] = useState<api.Problem>();
  const [named, setNamed] = useState<api.Claim>();
  const load = useCallback(
    (before?: number) =>
      void api.claims({ q, decided, before }).then((r) => {
        setProblem(r.ok ? undefined : r.problem);
        if (!r.ok) return;
        setOlder((old) => {
          const kept = before !== undefined && old.of === of ? old.items : [];
          return { of, items: [...kept, ...r.value.claims], next: r.value.next };
        });
      }),
    [q, decided, of],
  );
  useEffect(() => {
    if (of) load();
    else setOlder(NONE);
  }, [of, load]);
  const own = older.of === of ? older : NONE;
  const list = of
    ? older.of === of
      ? older.items
      : undefined
    : first && [...first.claims, ...own.items];
  const missing = number !== undefined && list && !list.some((c) => c.number === number);
  useEffect(() => {
    if (!missing) return;
    void api.claims({ q: `C-${number}` }).then((r) => {
      if (r.ok) setNamed(r.value.claims.find((c) => c.number === number));
    });
  }, [missing, number]);
  const next = of || own.items.length > 0 ? own.next : (first?.next ?? null);
  const extra = missing && named?.number === number ? [named] : [];
  return {
    list: list && [...list, ...extra],
    next,
    more: () => load(next ?? undefined),
    problem,
  };
}
