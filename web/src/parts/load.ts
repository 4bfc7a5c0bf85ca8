// Asks the box, keeps what came, asks again when told that it changed.
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Problem, Result } from "../api";
import { onChange } from "../events";

export interface Loaded<T> {
  value?: T;
  problem?: Problem;
  again: () => void;
}

/** `ask` is the same from drawing to drawing: a function of `api.ts`, not one made on the way. */
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
