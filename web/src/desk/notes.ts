// The comments that are pinned to a call.
import { useCallback, useEffect, useState } from "preact/hooks";
import * as api from "../api";

/** The comments of a call, in its order, and the function that reads them again. */
export function useNotes(call: string | undefined): [api.Comment[], () => void] {
  const [notes, set] = useState<{ of: string; all: api.Comment[] }>();
  const read = useCallback(() => {
    if (!call) return;
    void api.comments(call).then((r) => {
      if (r.ok) set({ of: call, all: [...r.value.comments].sort((a, b) => a.from_ms - b.from_ms) });
    });
  }, [call]);
  useEffect(read, [read]);
  return [notes && notes.of === call ? notes.all : [], read];
}
