// Comments pinned to the seconds of a call, and clips shared by an expiring link.
import { useCallback, useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { moment } from "../format";
import { CallPlayer } from "./CallPlayer";
import { ClipPlayer } from "./ClipPlayer";
import { type Moment, whole } from "./moment";
import { Trouble } from "./states";
import "./Comments.css";

export const TAGS: [string, string][] = [
  ["stall", "Stall"],
  ["objection", "Objection"],
  ["bridge", "Bridge"],
  ["coaching", "Coaching clip"],
];
const tagName = (id: string) => TAGS.find(([known]) => known === id)?.[1] ?? id;

export function Comments({
  call,
  length,
  canShare,
}: {
  call: string;
  length: number;
  canShare: boolean;
}) {
  const [comments, setComments] = useState<api.Comment[]>([]);
  const [shares, setShares] = useState<api.Share[]>([]);
  const [doing, set] = useState<"comment" | "share">();
  const [link, setLink] = useState("");
  const [clip, setClip] = useState<Moment>({});
  const load = useCallback(() => {
    void api.comments(call).then((r) => r.ok && setComments(r.value.comments));
    if (canShare) void api.shares(call).then((r) => r.ok && setShares(r.value.shares));
  }, [call, canShare]);
  useEffect(load, [load]);
  return (
    <section class="stack wide" aria-label="Comments">
      <h3>Comments</h3>
      {comments.length === 0 && <p class="second">None yet.</p>}
      <ul class="stack">
        {comments.map((c) => (
          <li key={c.id} class="comment">
            <ClipPlayer
              call={call}
              from={c.from_ms}
              to={c.to_ms}
              label="Play the moment of this comment"
            />
            {c.tag && <span class="tag">{tagName(c.tag)}</span>} <span>{c.text}</span>{" "}
            <span class="muted small">
              {c.by}, {moment(c.at)}
            </span>
          </li>
        ))}
      </ul>
      {canShare && shares.length > 0 && <Shares call={call} shares={shares} load={load} />}
      {link && (
        <p role="status">
          The link, shown this once: <a href={link}>{link}</a>
        </p>
      )}
      {doing ? (
        <Form
          call={call}
          length={length}
          doing={doing}
          clip={clip}
          pick={setClip}
          done={(made) => {
            if (made !== undefined) {
              setLink(made);
              load();
            }
            set(undefined);
          }}
        />
      ) : (
        <div class="wrap">
          <button class="btn" onClick={() => set("comment")}>
            Comment on a moment
          </button>
          {canShare && (
            <button class="btn" onClick={() => set("share")}>
              Share a clip
            </button>
          )}
        </div>
      )}
    </section>
  );
}

/** Clips of the call that an open link leads to. */
function Shares({ call, shares, load }: { call: string; shares: api.Share[]; load: () => void }) {
  return (
    <ul class="stack">
      {shares.map((s) => (
        <li key={s.id} class="comment">
          <ClipPlayer call={call} from={s.from_ms} to={s.to_ms} label="Play the shared clip" />
          <span>shared: {s.reason}</span>{" "}
          <span class="muted small">
            opened {s.opened} times, {s.revoked ? "withdrawn" : `until ${moment(s.expires_at)}`}
          </span>
          {!s.revoked && (
            <button class="btn" onClick={() => void api.revokeShare(call, s.id).then(load)}>
              Withdraw
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

interface FormProps {
  call: string;
  length: number;
  doing: "comment" | "share";
  clip: Moment;
  pick: (clip: Moment) => void;
  /**
   * Called with the link that was made, `""` after a comment, and nothing when the form was left.
   */
  done: (link?: string) => void;
}

const UNMARKED: api.Problem = {
  status: 422,
  title: "No moment is marked yet",
  detail: "Play the call, and mark where the moment begins and where it ends.",
};

function Form({ call, length, doing, clip, pick, done }: FormProps) {
  const [problem, setProblem] = useState<api.Problem>();
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const span = whole(clip);
    if (!span) return setProblem(UNMARKED);
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = String(form.get("text"));
    const r =
      doing === "comment"
        ? await api.comment(call, { ...span, tag: String(form.get("tag")) || null, text })
        : await api.share(call, { ...span, reason: text, hours: Number(form.get("hours")) });
    if (!r.ok) return setProblem(r.problem);
    done("path" in r.value ? location.origin + r.value.path : "");
  };
  return (
    <form
      class="stack"
      onSubmit={send}
      aria-label={doing === "comment" ? "Comment" : "Share a clip"}
    >
      <CallPlayer call={call} length={length} label="Where in the call" picked={clip} pick={pick} />
      {doing === "comment" && (
        <label class="field">
          <span>Tag</span>
          <select class="in" name="tag">
            <option value="">none</option>
            {TAGS.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {doing === "share" && (
        <label class="field short">
          <span>Good for hours</span>
          <input class="in" name="hours" type="number" min={1} max={720} value={24} required />
        </label>
      )}
      <label class="field">
        <span>{doing === "comment" ? "Comment" : "What for?"}</span>
        <textarea class="in" name="text" rows={2} required />
      </label>
      {problem && <Trouble problem={problem} />}
      <div class="wrap">
        <button class="btn primary">
          {doing === "comment" ? "Pin the comment" : "Make the link"}
        </button>
        <button type="button" class="btn" onClick={() => done()}>
          Cancel
        </button>
      </div>
    </form>
  );
}
