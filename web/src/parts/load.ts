// Asks the box, keeps the answer, and asks again when it changed.
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem, Result } from "../api";
import { onChange } from "../events";

export interface Loaded<T> {
  value?: T;
  problem?: Problem;
  again: () => void;
}

/** `ask` must be stable across renders, as the functions of `api.ts` are. */
export function useLoaded<T>(ask: () => Promise<Result<T>>, changes?: string): Loaded<T> {
  const [state, set] = useState<{ value?: T; problem?: Problem }>({});
  const again = useCallback(() => {
    void ask().then((r) =>
      set((old) => (r.ok ? { value: r.value } : { value: old.value, problem: r.problem })),
    );
  }, [ask]);
  useEffect(() => {
    again();
    return changes ? onChange(changes, again) : undefined;
  }, [again, changes]);
  return { ...state, again };
}
