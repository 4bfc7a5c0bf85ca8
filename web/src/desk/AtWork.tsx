// One item on one screen, everything by key.
import { useEffect, useReducer, useState } from "preact/hooks";
import type { Review } from "../api";
import { Empty, Trouble } from "../parts/states";
import { act as doAct } from "./acts";
import type { Ahead } from "./ahead";
import { Definition } from "./Definition";
import { Facts } from "./Facts";
import { useDraft, useGiving, useKeys, useLapsing } from "./hooks";
import { row } from "./judging";
import type { Action } from "./keys";
import { KeysDialog } from "./KeysDialog";
import { Pin } from "./Pin";
import { Rows } from "./Rows";
import { Session } from "./session";
import type { Source } from "./source";
import { Summary } from "./Summary";
import { Tracks } from "./Tracks";
import { begin, lacking, locked, reduce, type Step, type Work } from "./work";
import "./AtWork.css";

interface Props {
  review: Review;
  ahead: Ahead;
  source: Source;
  /** Opens the next item. */
  next: () => void;
  /** The item is back in the queue. */
  cleared: () => void;
}

export function AtWork({ review, ahead, source, next, cleared }: Props) {
  const [work, dispatch] = useReducer(reduce, review, begin);
  const [, moved] = useReducer((n: number) => n + 1, 0);
  const [session] = useState(
    () => new Session(review, { ahead, source, dispatch, moved: () => moved(undefined) }),
  );
  useEffect(() => {
    session.start();
    return () => session.stop();
  }, [session]);
  useDraft(work, session);
  useGiving(work, session);
  const act = (a: Action) => doAct({ work, session, dispatch, next, cleared }, a);
  useKeys(act);
  const lapsing = useLapsing(work);

  const { listened } = session.players;
  const list = work.review.checklist.criteria;
  const sound = work.review.calls[work.shown];
  const player = session.players.of(sound?.call);
  return (
    <div class="desk-page">
      <Facts work={work} act={act} />
      {lapsing && <StillThere here={() => void session.keepDraft(work, "shown")} />}
      {work.problem && <Trouble problem={work.problem} again={() => dispatch({ do: "dismiss" })} />}
      <main id="main" tabIndex={-1}>
        {sound && player ? (
          <Tracks key={sound.call} sound={sound} player={player} clips={clipsOf(work)} act={act} />
        ) : (
          <Empty title="No sound" />
        )}
        <div class="desk">
          <Rows
            list={list}
            judging={work.judging}
            act={act}
            locked={locked(work.review)}
            write={(at, text) => dispatch({ do: "write", row: at, text })}
            answer={(at, letter) => dispatch({ do: "answer", row: at, letter })}
          />
          <Definition marked={list[work.judging.marked]} act={act} />
        </div>
      </main>
      <Summary
        review={work.review}
        judging={work.judging}
        lacking={lacking(work, listened)}
        share={listened.share}
        phase={work.phase}
        act={act}
        goTo={(at) => dispatch({ do: "mark", row: at })}
      />
      <div class="vh" role="status" aria-live="polite">
        {work.said}
      </div>
      <Dialogs work={work} dispatch={dispatch} />
    </div>
  );
}

const StillThere = ({ here }: { here: () => void }) => (
  <div class="note trouble" role="alert">
    <p>
      <b>Still there?</b> In two minutes this goes back to the queue. Your answers are kept.
    </p>
    <button class="btn" onClick={here}>
      I am here
    </button>
  </div>
);

function Dialogs({ work, dispatch }: { work: Work; dispatch: (step: Step) => void }) {
  const { dialog } = work;
  if (dialog?.show === "keys") return <KeysDialog close={() => dispatch({ do: "close" })} />;
  if (dialog?.show !== "comment") return null;
  return (
    <Pin
      clip={dialog.clip}
      close={(said) => {
        dispatch({ do: "close", said });
        document.getElementById("main")?.focus();
      }}
    />
  );
}

/** The clips that lie in the call on the desk. */
function clipsOf({ review, judging, shown }: Work) {
  const call = review.calls[shown]?.call;
  return review.checklist.criteria.flatMap((c, i) => {
    const clip = row(judging, c).evidence;
    if (!clip || clip.call !== call) return [];
    const { from_ms, to_ms } = clip;
    return [{ digit: i + 1, title: c.title, marked: i === judging.marked, from_ms, to_ms }];
  });
}
