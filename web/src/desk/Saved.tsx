// Whether the box has what was answered, always at the same place.
import { time } from "../format";
import type { Saved as State } from "./work";

export function Saved({ saved }: { saved: State }) {
  const words = wordsOf(saved);
  return (
    <span class={`saved ${saved.is}`} title={words}>
      {words}
    </span>
  );
}

function wordsOf({ is, at, why }: State): string {
  const last = at === null ? "" : `Saved ${time(new Date(at).toISOString())}`;
  switch (is) {
    case "nothing":
      return "Nothing to save yet";
    case "saving":
      return "Saving …";
    case "saved":
      return last;
    case "unsaved":
      return `Not saved: ${why}${last ? `. ${last}` : ""}`;
  }
}
