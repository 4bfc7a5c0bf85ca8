// A list that came whole, shown piece by piece: what fits the words, and so much of it at first.
import { useEffect, useMemo, useState } from "preact/hooks";

/** Rows at a time. */
export const SOME = 50;

export interface Some<T> {
  rows: T[];
  /** How many fit. */
  found: number;
  /** Shows more of them; none: these are all. */
  more?: () => void;
}

/** `says` gives what a row is found by. */
export function useSome<T>(all: T[], words: string, says: (row: T) => string): Some<T> {
  const [most, show] = useState(SOME);
  useEffect(() => show(SOME), [words]);
  const fitting = useMemo(() => {
    const wanted = folded(words).split(/\s+/).filter(Boolean);
    const fits = (text: string) => wanted.every((word) => text.includes(word));
    return wanted.length === 0 ? all : all.filter((row) => fits(folded(says(row))));
  }, [all, words, says]);
  return {
    rows: fitting.slice(0, most),
    found: fitting.length,
    ...(fitting.length > most && { more: () => show(most + SOME) }),
  };
}

/** Without marks and capitals, so that `muller` finds Müller. */
const folded = (text: string) => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
