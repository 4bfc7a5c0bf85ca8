// Beside the checklist: what the marked row means, and the controls of its clip.
import type { Criterion } from "../api";
import { Key } from "../parts/marks";
import type { Action } from "./keys";
import "./Definition.css";

const CLIP: { says: string; key: string; act: Action }[] = [
  { says: "Play", key: "P", act: { do: "clip", loop: false } },
  { says: "Loop", key: "⇧P", act: { do: "clip", loop: true } },
  { says: "Start here", key: "I", act: { do: "edge", edge: "from" } },
  { says: "End here", key: "O", act: { do: "edge", edge: "to" } },
  { says: "Remove", key: "X", act: { do: "remove" } },
  { says: "Comment", key: "M", act: { do: "comment" } },
];

interface Props {
  marked: Criterion | undefined;
  act: (a: Action) => void;
}

export function Definition({ marked, act }: Props) {
  return (
    <aside class="side panel" aria-label="Definition">
      {marked && (
        <>
          <h2>What counts as {marked.title}</h2>
          <p>{marked.definition}</p>
          <dl>
            {marked.counts && (
              <>
                <dt>Counts</dt>
                <dd>{marked.counts}</dd>
              </>
            )}
            {marked.does_not_count && (
              <>
                <dt>Does not</dt>
                <dd>{marked.does_not_count}</dd>
              </>
            )}
          </dl>
          <h2>{marked.title} clip</h2>
          <div class="wrap">
            {CLIP.map((c) => (
              <button key={c.says} class="btn" onClick={() => act(c.act)}>
                {c.says} <Key>{c.key}</Key>
              </button>
            ))}
          </div>
        </>
      )}
      <p class="small muted">
        What you play is told to the box every five seconds, with its speed. That deters; it proves
        nothing.
      </p>
    </aside>
  );
}
