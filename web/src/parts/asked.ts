// What a report is asked stands in its address: Back, a reload and a link that is sent show the same figures.
import { useCallback, useMemo } from "preact/hooks";
import { type Changes, useAddress } from "./address";

/** Fields that are numbers; all others are words. */
const FIGURES: ReadonlySet<string> = new Set(["days", "fewest", "handovers", "offset", "width"]);

/** The fields of that name in the address, and how to ask for others: each choice is a step that Back undoes. */
export function useAsked<A extends object>(
  ...names: (keyof A & string)[]
): [A, (asked: A) => void] {
  const [fields, change] = useAddress();
  const known = names.map((name) => [name, fields.get(name)] as const);
  const text = JSON.stringify(known.filter(([, value]) => value));
  const asked = useMemo(() => {
    const given = JSON.parse(text) as [string, string][];
    const read = ([name, value]: [string, string]) =>
      [name, FIGURES.has(name) ? Number(value) || undefined : value] as const;
    return Object.fromEntries(given.map(read)) as A;
  }, [text]);
  const all = names.join(" ");
  const ask = useCallback(
    (next: A) => {
      const values = new Map(Object.entries(next as Record<string, string | number | undefined>));
      const named = all.split(" ").map((name) => [name, values.get(name)?.toString()]);
      change(Object.fromEntries(named) as Changes, true);
    },
    [change, all],
  );
  return [asked, ask];
}
