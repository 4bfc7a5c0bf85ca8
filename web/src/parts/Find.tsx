// Words to find something by: asked once somebody has stopped typing, and kept in the address.
import { useEffect, useState } from "preact/hooks";
import type { Changes } from "./address";

const STOPPED_MS = 300;

interface Props {
  fields: URLSearchParams;
  change: (changes: Changes) => void;
  placeholder: string;
}

export function Find({ fields, change, placeholder }: Props) {
  const kept = fields.get("q") ?? "";
  const [words, setWords] = useState(kept);
  useEffect(() => setWords(kept), [kept]);
  useEffect(() => {
    if (words.trim() === kept) return;
    const timer = setTimeout(() => change({ q: words.trim() }), STOPPED_MS);
    return () => clearTimeout(timer);
  }, [words, kept, change]);
  return (
    <label class="field">
      <span>Find</span>
      <input
        class="in"
        type="search"
        placeholder={placeholder}
        value={words}
        onInput={(e) => setWords(e.currentTarget.value)}
      />
    </label>
  );
}
