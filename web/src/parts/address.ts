// What the address says is open and asked for: a reload, a bookmark and Back show the same.
import { useCallback, useEffect, useState } from "preact/hooks";

export type Changes = Record<string, string | undefined>;

const read = () => new URLSearchParams(location.search);

/**
 * The address's fields, and how to change them. What somebody opens is a step that Back undoes
 * (`push`); what they type and choose is not. An empty field leaves the address.
 */
export function useAddress(): [URLSearchParams, (changes: Changes, push?: boolean) => void] {
  const [fields, set] = useState(read);
  useEffect(() => {
    const moved = () => set(read());
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
  const change = useCallback((changes: Changes, push = false) => {
    const next = read();
    for (const [name, value] of Object.entries(changes))
      if (value) next.set(name, value);
      else next.delete(name);
    const query = next.size > 0 ? `?${next}` : "";
    const to = `${location.pathname}${query}`;
    if (push) history.pushState(null, "", to);
    else history.replaceState(null, "", to);
    set(next);
  }, []);
  return [fields, change];
}
