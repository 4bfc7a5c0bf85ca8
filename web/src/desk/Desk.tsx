// The desk: one claim on one screen, everything by key.
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useReducer,
  useRef,
  useState,
} from "preact/hooks";
import * as api from "../api";
import { onChange } from "../events";
import { moment, time } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import * as j from "./judging";
import { Ahead } from "./ahead";
import { Hearing } from "./hearing";
import { Pin } from "./Pin";
import { type Action, action } from "./keys";
import { KeysDialog } from "./KeysDialog";
import { Player } from "./player";
import { CLAIMS, LOOKS, type Source } from "./source";
import { Rows } from "./Rows";
import { Summary } from "./Summary";
import { Tracks } from "./Tracks";
import "./desk.css";

export function Desk({ second = false }: { second?: boolean }) {
  const source = second ? LOOKS : CLAIMS;
  const [review, setReview] = useState<api.Review | null>();
  const [problem, setProblem] = useState<api.Problem>();
  const ahead = useRef(new Ahead(source));
  const next = useCallback(() => {
    setProblem(undefined);
    void ahead.current.next().then((r) => (r.ok ? setReview(r.value) : setProblem(r.problem)));
  }, []);
  // A page that is opened anew goes on where it was.
  useEffect(
    () => void source.current().then((r) => (r.ok && r.value ? setReview(r.value) : next())),
    [],
  );
  useEffect(() => {
    const leave = () => ahead.current.leave();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
  useEffect(() => (review === null ? onChange("queue", next) : undefined), [review === null]);
  if (problem)
    return (
      <main id="main" class="page" tabIndex={-1}>
        <Trouble problem={problem} again={next} />
      </main>
    );
  if (review === undefined)
    return (
      <main id="main" class="page" tabIndex={-1}>
        <Loading what={source.what} />
      </main>
    );
  if (review === null)
    return (
      <main id="main" class="page" tabIndex={-1}>
        <section class="panel">
          <Empty title="Nothing waits for you">
            <p>{source.empty}</p>
          </Empty>
        </section>
      </main>
    );
  return (
    <AtWork
      key={review.id}
      review={review}
      setReview={setReview}
      next={next}
      ahead={ahead.current}
      source={source}
    />
  );
}

interface WorkProps {
  review: api.Review;
  setReview: (r: api.Review | null) => void;
  next: () => void;
  ahead: Ahead;
  source: Source;
}

function AtWork({ review, setReview, next, ahead, source }: WorkProps) {
  const list = review.checklist.criteria;
  const [shown, show] = useState(0);
  const sound = review.calls[shown];
  const earlier = review.verdict?.answers ?? review.answered?.answers;
  const [judging, setJudging] = useState((): j.Judging =>
    earlier ? j.fromAnswers(earlier) : { ...j.start(), ...review.draft },
  );
  const [armed, arm] = useState(false);
  const [keys, showKeys] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const [said, say] = useState("");
  const [busy, setBusy] = useState(false);
  const [pinned, setPinned] = useState<api.Evidence>();
  const [until, setUntil] = useState(review.locked_until);
  const [, moved] = useReducer((n: number) => n + 1, 0);
  const players = useRef(new Map<string, Player>());
  const attempt = useRef<{ body: string; key: string }>(undefined);
  const silent: api.Problem = {
    status: 0,
    title: "No sound",
    detail: "The audio of this call did not load. Your answers are kept. Nothing was submitted.",
  };
  if (sound && !players.current.has(sound.call)) {
    players.current.set(
      sound.call,
      new Player(
        api.audioUrl(sound.call),
        sound.lanes.flatMap((l) => l.speech),
        () => moved(undefined),
        () => setProblem(silent),
        sound.heard,
        ahead.sound(api.audioUrl(sound.call)),
      ),
    );
  }
  const hearing = useRef<Hearing>(undefined);
  useEffect(() => {
    const all = players.current;
    hearing.current = new Hearing(review.id, () => [...all], setProblem, setUntil);
    over(locked);
    return () => {
      hearing.current?.stop();
      all.forEach((player) => player.close());
    };
  }, []);

  const p = sound && players.current.get(sound.call);
  const pending = review.answered && !review.answered.decided ? review.answered : undefined;
  const locked =
    review.verdict !== undefined ||
    (review.answered !== undefined && review.answered !== null && !pending);
  // Answers that are not given yet are kept on the box, a moment after each change.
  useEffect(() => {
    if (locked || pending || judging === first.current) return;
    const timer = setTimeout(
      () =>
        !hearing.current?.over &&
        void api
          .keepDraft(review.id, { rows: judging.rows, marked: judging.marked })
          .then((r) => r.ok && setUntil(r.value.locked_until)),
      600,
    );
    return () => clearTimeout(timer);
  }, [judging]);
  const first = useRef(judging);
  // The box's clock counts, not ours. A page that plays or answers keeps its item; one that was left alone is told in time.
  const skew = useRef(Date.parse(review.now) - Date.now());
  const leaving =
    !locked && until !== null && Date.parse(until) - skew.current - Date.now() < 120_000;
  useEffect(() => {
    const timer = setInterval(() => moved(undefined), 15_000);
    return () => clearInterval(timer);
  }, []);
  const heardOf = (call: string): j.Heard => {
    const known = players.current.get(call)?.heard;
    return (
      known ??
      new Set(
        [...(review.calls.find((c) => c.call === call)?.heard ?? "")].flatMap((speed, half) =>
          speed === "0" ? [] : [half],
        ),
      )
    );
  };
  const share = j.shareHeard(
    review.calls.map((c) => ({ speech: c.lanes.flatMap((l) => l.speech), heard: heardOf(c.call) })),
  );
  const lackingNow = () => [
    ...j.missing(judging, list),
    ...j.unheard(judging, list, heardOf, share, review.heard_needed),
  ];
  const lacking = locked ? [] : lackingNow();
  const marked = list[judging.marked];
  const change = (to: j.Judging, words: string) => {
    arm(false);
    setJudging(to);
    say(words);
  };

  const over = (is: boolean) => {
    if (hearing.current) hearing.current.over = is;
  };

  /** A second look is answered at once; a dispute's reviewer sees the reason then, and confirms or changes. */
  const answerLook = async () => {
    setBusy(true);
    await hearing.current?.tell();
    over(true);
    const body = { answers: j.given(judging, list), note: "" };
    const r = await (pending ? api.confirmLook(review.id, body) : api.answerLook(review.id, body));
    setBusy(false);
    arm(false);
    if (!r.ok) {
      over(pending !== undefined);
      return setProblem(r.problem);
    }
    setProblem(undefined);
    over(r.value.answered?.decided ?? true);
    setReview(r.value);
    say(
      r.value.answered?.decided
        ? "Given. N opens the next."
        : "This was a dispute. Read the reason, then confirm or change your answers.",
    );
  };

  const give = async () => {
    if (review.kind !== "claim") return answerLook();
    setBusy(true);
    await hearing.current?.tell();
    over(true);
    const body = {
      answers: j.given(judging, list),
      note: "",
      checklist_version: review.checklist.version,
    };
    // The same verdict sent again keeps its key, so that it counts once.
    const text = JSON.stringify(body);
    if (attempt.current?.body !== text) attempt.current = { body: text, key: api.newKey() };
    const r = await api.commit(review.id, body, attempt.current.key);
    setBusy(false);
    arm(false);
    if (!r.ok) {
      over(false);
      return setProblem(r.problem);
    }
    setProblem(undefined);
    attempt.current = undefined;
    ahead.fetch();
    say(
      `Verdict given: ${r.value.passed ? "passed" : "not passed"}. Z takes it back for ten seconds.`,
    );
    const fresh = await api.review(review.id);
    if (fresh.ok) setReview(fresh.value);
  };

  const enter = () => {
    const [first] = lackingNow();
    if (first) {
      change(j.mark(judging, list, first.row), `${first.what}.`);
      if (first.act === "clip") playClip(list[first.row]);
      return first.act === "words" ? focusWords(list[first.row]) : undefined;
    }
    if (!armed) {
      arm(true);
      return say(
        `Ready: ${j.passes(judging, list) ? "passes" : "does not pass"}. Enter again gives the verdict, Escape returns.`,
      );
    }
    if (!busy) void give();
  };

  /** A moment may lie in another call of the claim. */
  const playClip = (c: api.Criterion | undefined, loop = false) => {
    const clip = c && j.row(judging, c).evidence;
    if (!clip) return;
    const at = review.calls.findIndex((s) => s.call === clip.call);
    if (at !== shown) openCall(at);
    const other = review.calls[at];
    if (other && !players.current.has(clip.call))
      players.current.set(
        clip.call,
        new Player(
          api.audioUrl(other.call),
          other.lanes.flatMap((l) => l.speech),
          () => moved(undefined),
          () => setProblem(silent),
          other.heard,
        ),
      );
    players.current.get(clip.call)?.clip(clip.from_ms, clip.to_ms, loop);
  };
  const putBack = async () => {
    await hearing.current?.tell();
    over(true);
    const r = await source.release(review.id);
    if (r.ok) return setReview(null);
    over(false);
    setProblem(r.problem);
  };
  const openCall = (at: number) => {
    if (p?.playing) p.toggle();
    show(at);
    say(`Call ${at + 1} of ${review.calls.length}.`);
  };

  const act = (a: Action) => {
    switch (a.do) {
      case "play":
        return p?.toggle();
      case "seek":
        return p?.seek(p.now + a.ms);
      case "rate":
        return p?.faster(a.step);
      case "volume":
        return p?.louder(a.step);
      case "unheard": {
        const to =
          p &&
          sound &&
          j.nextUnheard(
            sound.lanes.flatMap((l) => l.speech),
            p.heard,
            p.now,
          );
        if (to === undefined) return say("All speech of this call was heard.");
        p?.seek(to);
        return p?.playing ? undefined : p?.toggle();
      }
      case "comment":
        return (
          sound &&
          p &&
          setPinned({
            call: sound.call,
            from_ms: Math.round(Math.max(0, p.now - 8_000)),
            to_ms: Math.round(Math.min(sound.duration_ms, Math.max(p.now, 1_000))),
          })
        );
      case "skip":
        return p?.set({ skip: !p.settings.skip });
      case "lanes":
        return p?.set({
          lanes: ({ both: "telemarketer", telemarketer: "prospect", prospect: "both" } as const)[
            p.settings.lanes
          ],
        });
      case "keys":
        return showKeys(true);
      case "clip":
        return playClip(marked, a.loop);
      case "call":
        return review.calls.length > 1 ? openCall((shown + 1) % review.calls.length) : undefined;
      case "next":
        return locked ? next() : undefined;
      case "back":
        return review.verdict
          ? void ahead
              .putBack()
              .then(() => api.takeBack(review.id))
              .then((r) =>
                r.ok
                  ? (over(false),
                    setReview(r.value),
                    setProblem(undefined),
                    say("Taken back. Your answers are as they were."))
                  : setProblem(r.problem),
              )
          : undefined;
      case "leave":
        return arm(false);
    }
    if (locked) return;
    switch (a.do) {
      case "stamp":
        if (judging.failing)
          return change(j.failBecause(judging, list, a.row), `${marked?.title}: fails.`);
        return (
          p &&
          sound &&
          change(
            j.stamp(judging, list, a.row, sound.call, p.now, sound.duration_ms),
            `${list[a.row]?.title ?? "No such row"} stamped.`,
          )
        );
      case "fail":
        return change(
          j.fail(judging, list, a.row),
          `${list[a.row]?.title}: press a digit for the reason.`,
        );
      case "answer":
        return change(
          j.answer(judging, list, judging.marked, a.letter),
          `${marked?.title}: ${marked?.answers[a.letter]?.label ?? "no such answer"}.`,
        );
      case "na":
        return change(j.notApplicable(judging, list), `${marked?.title}: does not apply.`);
      case "move":
        return change(
          j.mark(judging, list, judging.marked + a.step),
          list[Math.max(0, Math.min(list.length - 1, judging.marked + a.step))]?.title ?? "",
        );
      case "words":
        return focusWords(list.find((c) => c.words_needed > 0));
      case "edge":
        return (
          marked &&
          p &&
          change(
            j.edge(judging, marked, a.edge, p.now),
            `${marked.title}: clip ${a.edge === "from" ? "starts" : "ends"} here.`,
          )
        );
      case "remove":
        return marked && change(j.removeClip(judging, marked), `${marked.title}: clip removed.`);
      case "enter":
        return enter();
      case "release":
        return void putBack();
    }
  };

  const latest = useRef(act);
  latest.current = act;
  // In place as soon as the keys show.
  useLayoutEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      const a = action(e);
      if (!a || document.querySelector("dialog[open]") || owns(e, a)) return;
      e.preventDefault();
      if (e.repeat && a.do !== "seek") return;
      latest.current(a);
    };
    // After a press with the pointer the focus goes back to the desk, so that Space keeps meaning play.
    const clicked = (e: MouseEvent) => {
      const control = (e.target as HTMLElement).closest(".desk-page button, .desk-page label.ans");
      if (e.detail > 0 && control) document.getElementById("main")?.focus();
    };
    addEventListener("keydown", pressed);
    addEventListener("click", clicked);
    return () => {
      removeEventListener("keydown", pressed);
      removeEventListener("click", clicked);
    };
  }, []);

  const clips = list.flatMap((c, i) => {
    const clip = j.row(judging, c).evidence;
    return clip && clip.call === sound?.call
      ? [
          {
            digit: i + 1,
            title: c.title,
            marked: i === judging.marked,
            from_ms: clip.from_ms,
            to_ms: clip.to_ms,
          },
        ]
      : [];
  });
  return (
    <div class="desk-page">
      <section class="claim" aria-label="The claim">
        <h1>{review.company}</h1>
        <dl>
          <div>
            <dt>Contact</dt>
            <dd>
              {review.contact ?? "unknown"}
              {review.contact_role && `, ${review.contact_role}`}
            </dd>
          </div>
          <div>
            <dt>Campaign</dt>
            <dd>{review.campaign}</dd>
          </div>
          <div>
            <dt>Checklist</dt>
            <dd>
              {review.checklist.name} v{review.checklist.version}
            </dd>
          </div>
          <div>
            <dt>Call</dt>
            <dd>{sound?.started_at ? moment(sound.started_at) : "unknown"}</dd>
          </div>
          {review.other_claims !== null && (
            <div>
              <dt>Same company</dt>
              <dd>
                {review.other_claims === 0 ? "no other claim" : `${review.other_claims} other`}
              </dd>
            </div>
          )}
          {review.kind === "claim" ? (
            <div>
              <dt>Claimant</dt>
              <dd>{review.verdict ? review.verdict.claimant.name : "hidden until the verdict"}</dd>
            </div>
          ) : (
            <div>
              <dt>{review.kind === "calibration" ? "Calibration" : "Second look"}</dt>
              <dd>due {review.due_at ? moment(review.due_at) : "soon"}</dd>
            </div>
          )}
          <div>
            <dt>{locked || !until ? "Number" : `${review.number}, yours until`}</dt>
            <dd>{locked || !until ? review.number : time(until)}</dd>
          </div>
        </dl>
        {review.calls.length > 1 && (
          <button class="btn" onClick={() => act({ do: "call" })}>
            Call {shown + 1} of {review.calls.length} <kbd aria-hidden="true">V</kbd>
          </button>
        )}
        <button class="btn" onClick={() => showKeys(true)}>
          Keys <kbd aria-hidden="true">?</kbd>
        </button>
      </section>
      {leaving && (
        <div class="note trouble" role="alert">
          <p>
            <b>Still there?</b> In two minutes this goes back to the queue. Your answers are kept.
          </p>
          <button
            class="btn"
            onClick={() =>
              void api
                .keepDraft(review.id, { rows: judging.rows, marked: judging.marked })
                .then((r) => (r.ok ? setUntil(r.value.locked_until) : setProblem(r.problem)))
            }
          >
            I am here
          </button>
        </div>
      )}
      {problem && <Trouble problem={problem} again={() => setProblem(undefined)} />}
      <main id="main" tabIndex={-1}>
        {sound && p ? (
          <Tracks key={sound.call} sound={sound} player={p} clips={clips} act={act} />
        ) : (
          <Empty title="No sound" />
        )}
        <div class="desk">
          <Rows
            list={list}
            judging={judging}
            act={act}
            locked={locked}
            write={(c, text) => {
              arm(false);
              setJudging(j.words(judging, c, text));
            }}
            answer={(r, letter) =>
              !locked &&
              change(
                j.answer(judging, list, r, letter),
                `${list[r]?.title}: ${list[r]?.answers[letter]?.label}.`,
              )
            }
          />
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
                  <button class="btn" onClick={() => act({ do: "clip", loop: false })}>
                    Play <kbd aria-hidden="true">P</kbd>
                  </button>
                  <button class="btn" onClick={() => act({ do: "clip", loop: true })}>
                    Loop <kbd aria-hidden="true">⇧P</kbd>
                  </button>
                  <button class="btn" onClick={() => act({ do: "edge", edge: "from" })}>
                    Start here <kbd aria-hidden="true">I</kbd>
                  </button>
                  <button class="btn" onClick={() => act({ do: "edge", edge: "to" })}>
                    End here <kbd aria-hidden="true">O</kbd>
                  </button>
                  <button class="btn" onClick={() => act({ do: "remove" })}>
                    Remove <kbd aria-hidden="true">X</kbd>
                  </button>
                  <button class="btn" onClick={() => act({ do: "comment" })}>
                    Comment <kbd aria-hidden="true">M</kbd>
                  </button>
                </div>
              </>
            )}
            <p class="small muted">
              What you play is told to the box every five seconds, with its speed. That deters; it
              proves nothing.
            </p>
          </aside>
        </div>
      </main>
      <Summary
        review={review}
        judging={judging}
        lacking={lacking}
        share={share}
        armed={armed}
        busy={busy}
        act={act}
        goTo={(r) => change(j.mark(judging, list, r), list[r]?.title ?? "")}
      />
      <div class="vh" role="status" aria-live="polite">
        {said}
      </div>
      {pinned && (
        <Pin
          clip={pinned}
          close={(said) => {
            setPinned(undefined);
            if (said) say(said);
            document.getElementById("main")?.focus();
          }}
        />
      )}
      {keys && <KeysDialog close={() => showKeys(false)} />}
    </div>
  );
}

function focusWords(c: api.Criterion | undefined) {
  if (c) document.getElementById(`words-${c.id}`)?.focus();
}

/** A control that has the focus owns its own keys; text takes them all but Escape. */
function owns(e: KeyboardEvent, a: Action): boolean {
  const at = e.target as HTMLElement;
  if (at.matches("input:not([type=radio]), textarea, select")) {
    if (a.do === "leave" || a.do === "enter") at.blur();
    return true;
  }
  if (at.matches("button, a") && (e.key === " " || e.key === "Enter")) return true;
  return at.matches("input[type=radio]") && (e.key.startsWith("Arrow") || e.key === " ");
}
