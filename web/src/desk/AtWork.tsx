// One item on one screen, everything by key. Nothing on it moves but the playhead.
import { useEffect, useReducer, useState } from "preact/hooks";
import type { Review } from "../api";
import { useLatest } from "../parts/latest";
import { Empty } from "../parts/states";
import { act as doAct } from "./acts";
import type { Ahead } from "./ahead";
import { Facts } from "./Facts";
import { useDraft, useFinal, useGiving, useKeys, useLapsing } from "./hooks";
import { failsOnMoment } from "./judging";
import type { Action } from "./keys";
import { KeysDialog } from "./KeysDialog";
import { Notices } from "./Notices";
import { useNotes } from "./notes";
import { Pin } from "./Pin";
import { Rows } from "./Rows";
import { unsaved } from "./saver";
import { type Leaving, Session } from "./session";
import { Side } from "./Side";
import { Skip } from "./Skip";
import type { Source } from "./source";
import { Summary } from "./Summary";
import { Tracks } from "./Tracks";
import { begin, fixed, lacking, reduce, type Step, type Work } from "./work";
import "./AtWork.css";

interface Props {
  review: Review;
  ahead: Ahead;
  source: Source;
  /** Opens the next item. */
  next: () => void;
  /** The item is back in the queue, and nothing is taken. */
  paused: () => void;
  /** Opens the same item anew, as the box has it. */
  anew: () => void;
}

export function AtWork({ review, ahead, source, next, paused, anew }: Props) {
  const [left] = useState(() => unsaved(review));
  const [work, dispatch] = useReducer(reduce, review, (r) => begin(r, left));
  const [, moved] = useReducer((n: number) => n + 1, 0);
  const [session] = useState(
    () => new Session(review, { ahead, source, dispatch, moved: () => moved(undefined) }),
  );
  useEffect(() => {
    // What was pressed to come here is gone: the keyboard goes on at the desk.
    if (document.activeElement === document.body)
      document.getElementById("main")?.focus({ preventScroll: true });
    session.start();
    return () => session.stop();
  }, [session]);
  useDraft(work, session, left !== undefined);
  useGiving(work, session);
  useFinal(work, session);
  const latestRef = useLatest(work);
  const desk = { work, latest: () => latestRef.current, session, dispatch, next, paused };
  const act = (a: Action) => doAct(desk, a);
  useKeys(act);

  const sound = work.review.calls[work.shown];
  const player = session.players.of(sound?.call);
  const [notes, read] = useNotes(sound?.call);
  return (
    <div class="desk-page">
      <Facts work={work} act={act} />
      <Notices
        work={work}
        lapsing={useLapsing(work)}
        here={() => void session.here(work)}
        dismiss={() => dispatch({ do: "dismiss" })}
        reload={() => {
          session.players.reload();
          dispatch({ do: "dismiss" });
        }}
        next={next}
        anew={anew}
      />
      <main id="main" tabIndex={-1}>
        {sound && player ? (
          <Tracks
            key={sound.call}
            sound={sound}
            player={player}
            work={work}
            notes={notes}
            act={act}
            mark={(row) => dispatch({ do: "mark", row })}
          />
        ) : (
          <Empty title="No sound">
            <p>None of this item’s calls has a recording. Q skips it, with that as the reason.</p>
          </Empty>
        )}
        <Desk work={work} act={act} dispatch={dispatch} notes={notes} />
      </main>
      <Summary
        work={work}
        lacking={lacking(work, session.players.listened)}
        share={session.players.listened.share}
        speed={player?.settings.rate ?? 1}
        act={act}
        goTo={(at) => dispatch({ do: "mark", row: at })}
      />
      <div class="vh" role="status" aria-live="polite">
        {work.said}
      </div>
      <Dialogs
        work={work}
        dispatch={dispatch}
        pinned={read}
        back={source.sendBack !== undefined}
        leave={async (leaving) => {
          const problem = await session.letGo(work.review, leaving);
          if (!problem) next();
          return problem;
        }}
      />
    </div>
  );
}

interface DeskProps {
  work: Work;
  act: (a: Action) => void;
  dispatch: (step: Step) => void;
  notes: ReturnType<typeof useNotes>[0];
}

/** The checklist and what belongs to its marked row. */
function Desk({ work, act, dispatch, notes }: DeskProps) {
  const { judging } = work;
  const list = work.review.checklist.criteria;
  return (
    <div class="desk">
      <Rows
        list={list}
        judging={judging}
        decided={failsOnMoment(judging, list)}
        act={act}
        locked={fixed(work)}
        write={(row, text) => dispatch({ do: "write", row, text })}
        answer={(row, letter) => dispatch({ do: "answer", row, letter })}
      />
      <Side work={work} act={act} notes={notes} />
    </div>
  );
}

interface DialogsProps {
  work: Work;
  dispatch: (step: Step) => void;
  /** A comment was pinned. */
  pinned: () => void;
  /** Whether it can go back to whoever brought it. */
  back: boolean;
  leave: Parameters<typeof Skip>[0]["leave"];
}

function Dialogs({ work, dispatch, pinned, back, leave }: DialogsProps) {
  const { dialog } = work;
  const close = (said?: string) => {
    dispatch({ do: "close", said });
    document.getElementById("main")?.focus();
  };
  if (dialog?.show === "keys") return <KeysDialog close={() => dispatch({ do: "close" })} />;
  if (dialog?.show === "skip")
    return (
      <Skip
        item={work.review.id}
        back={back}
        leave={(l: Leaving) => leave(l)}
        close={() => close()}
      />
    );
  if (dialog?.show !== "comment") return null;
  return (
    <Pin
      clip={dialog.clip}
      close={(said) => {
        if (said) pinned();
        close(said);
      }}
    />
  );
}
