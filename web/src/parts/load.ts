// Asks the box, keeps the answer, and asks again when it changed.
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem, Result } from "../api";
import { onChange } from "../events";
import { useLatest } from "./latest";

export interface Loaded<T> {
  value?: T;
  problem?: Problem;
  again: () => void;
}

/**
 * `ask` must be stable across renders, as the functions of `api.ts` are. What another one was
 * answered, and came late, does not take its answer's place.
 */
export function useLoaded<T>(ask: () => Promise<Result<T>>, changes?: string): Loaded<T> {
  const [state, set] = useState<{ value?: T; problem?: Problem }>({});
  const askedRef = useLatest(ask);
  const again = useCallback(() => {
    void ask().then((r) => {
      if (askedRef.current !== ask) return;
      set((old) => (r.ok ? { value: r.value } : { value: old.value, problem: r.problem }));
    });
  }, [ask, askedRef]);
  useEffect(() => {
    again();
    return changes ? onChange(changes, again) : undefined;
  }, [again, changes]);
  return { ...state, again };
}
