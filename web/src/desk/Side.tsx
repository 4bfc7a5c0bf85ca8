// Beside the checklist: what the marked row means, the controls of its clip, and the comments on the call.
import type { Comment, Criterion, Evidence } from "../api";
import { clock } from "../format";
import { TAGS } from "../parts/Comments";
import { Key, Mark } from "../parts/marks";
import { row } from "./judging";
import type { Action } from "./keys";
import { fixed, type Work } from "./work";
import "./Side.css";

interface Tool {
  says: string;
  key: string;
  act: Action;
  /** Works without a clip. */
  always?: true;
  /** Changes nothing. */
  reads?: true;
}
const CLIP: Tool[] = [
  { says: "Play", key: "P", act: { do: "clip", loop: false }, reads: true },
  { says: "Loop", key: "⇧P", act: { do: "clip", loop: true }, reads: true },
  { says: "Start here", key: "I", act: { do: "edge", edge: "from" } },
  { says: "End here", key: "O", act: { do: "edge", edge: "to" } },
  { says: "Remove", key: "X", act: { do: "remove" } },
  { says: "Comment", key: "M", act: { do: "comment" }, always: true, reads: true },
];

interface Props {
  work: Work;
  act: (a: Action) => void;
  notes: Comment[];
}

export function Side({ work, act, notes }: Props) {
  const marked = work.review.checklist.criteria[work.judging.marked];
  return (
    <aside class="side panel" aria-label="Definition and comments">
      {marked && <Meaning of={marked} />}
      {marked && <Clip of={marked} work={work} act={act} />}
      <Notes notes={notes} act={act} />
      <p class="small muted">
        What you play is told to the box every five seconds, with its speed. That deters; it proves
        nothing.
      </p>
    </aside>
  );
}

const Meaning = ({ of }: { of: Criterion }) => (
  <section class="meaning" tabIndex={0} aria-label={`What counts as ${of.title}`}>
    <h2>What counts as {of.title}</h2>
    <p>{of.definition}</p>
    <dl>
      {of.counts && (
        <>
          <dt>Counts</dt>
          <dd>{of.counts}</dd>
        </>
      )}
      {of.does_not_count && (
        <>
          <dt>Does not</dt>
          <dd>{of.does_not_count}</dd>
        </>
      )}
    </dl>
  </section>
);

/** Where a clip lies, in words. */
const placeOf = (clip: Evidence | undefined) =>
  clip
    ? `${clock(clip.from_ms)}–${clock(clip.to_ms)}, ${Math.round((clip.to_ms - clip.from_ms) / 1000)} s`
    : "none yet";

function Clip({ of, work, act }: { of: Criterion; work: Work; act: Props["act"] }) {
  const clip = row(work.judging, of).evidence;
  return (
    <section>
      <h2>
        {of.title} clip <span class="muted">{placeOf(clip)}</span>
      </h2>
      <div class="wrap">
        {CLIP.map((c) => (
          <button
            key={c.says}
            class="btn"
            aria-disabled={!(clip || c.always) || (fixed(work) && !c.reads)}
            onClick={() => act(c.act)}
          >
            {c.says} <Key>{c.key}</Key>
          </button>
        ))}
      </div>
    </section>
  );
}

export const tagOf = (note: Comment) => TAGS.find(([id]) => id === note.tag)?.[1];

function Notes({ notes, act }: { notes: Comment[]; act: Props["act"] }) {
  return (
    <section>
      <h2>Comments</h2>
      {notes.length === 0 && <p class="muted">None on this call yet.</p>}
      <ul class="notes">
        {notes.map((n) => (
          <li key={n.id}>
            <button class="chip" onClick={() => act({ do: "go", ms: n.from_ms })}>
              <Mark shape="play" />
              <span class="vh">Play from </span>
              {clock(n.from_ms)}
            </button>
            <span>
              {n.tag && <b>{tagOf(n) ?? n.tag}: </b>}
              {n.text}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
