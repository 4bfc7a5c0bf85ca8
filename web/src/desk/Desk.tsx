// The desk: one claim on one screen, everything by key.
import { useCallback, useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import * as api from "../api";
import { moment, time } from "../format";
import { Empty, Loading, Trouble } from "../parts/states";
import * as j from "./judging";
import { Ahead } from "./ahead";
import { type Action, action } from "./keys";
import { KeysDialog } from "./KeysDialog";
import { Player } from "./player";
import { Rows } from "./Rows";
import { Summary } from "./Summary";
import { Tracks } from "./Tracks";
import "./desk.css";

export function Desk() {
  const [review, setReview] = useState<api.Review | null>();
  const [problem, setProblem] = useState<api.Problem>();
  const ahead = useRef(new Ahead());
  const next = useCallback(() => {
    setProblem(undefined);
    void ahead.current.next().then((r) => (r.ok ? setReview(r.value) : setProblem(r.problem)));
  }, []);
  // A page that is opened anew goes on where it was.
  useEffect(() => void api.current().then((r) => (r.ok && r.value ? setReview(r.value) : next())), []);
  useEffect(() => {
    const leave = () => ahead.current.leave();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
  useEffect(() => (review === null ? api.onChange("queue", next) : undefined), [review === null]);
  if (problem) return <main id="main" class="page" tabIndex={-1}><Trouble problem={problem} again={next} /></main>;
  if (review === undefined) return <main id="main" class="page" tabIndex={-1}><Loading what="the oldest claim" /></main>;
  if (review === null) return <main id="main" class="page" tabIndex={-1}><section class="panel"><Empty title="Nothing waits for you"><p>The next claim opens here by itself.</p></Empty></section></main>;
  return <AtWork key={review.id} review={review} setReview={setReview} next={next} ahead={ahead.current} />;
}

interface WorkProps { review: api.Review; setReview: (r: api.Review | null) => void; next: () => void; ahead: Ahead }

function AtWork({ review, setReview, next, ahead }: WorkProps) {
  const list = review.checklist.criteria;
  const sound = review.calls[0];
  const [judging, setJudging] = useState(() => (review.verdict ? from(review.verdict.answers) : j.start()));
  const [armed, arm] = useState(false);
  const [keys, showKeys] = useState(false);
  const [problem, setProblem] = useState<api.Problem>();
  const [said, say] = useState("");
  const [busy, setBusy] = useState(false);
  const [, moved] = useReducer((n: number) => n + 1, 0);
  const player = useRef<Player>(undefined);
  const attempt = useRef<{ body: string; key: string }>(undefined);
  if (!player.current && sound) {
    const speech = sound.lanes.flatMap((l) => l.speech);
    player.current = new Player(api.audioUrl(sound.call), speech, () => moved(undefined), () => setProblem({ status: 0, title: "No sound", detail: "The audio of this call did not load. Your answers are kept. Nothing was submitted." }));
  }
  useEffect(() => () => player.current?.close(), []);

  const p = player.current;
  const locked = review.verdict !== undefined;
  const marked = list[judging.marked];
  const change = (to: j.Judging, words: string) => {
    arm(false);
    setJudging(to);
    say(words);
  };

  const give = async () => {
    setBusy(true);
    const body = { answers: j.given(judging, list), note: "", checklist_version: review.checklist.version };
    // The same verdict sent again keeps its key, so that it counts once.
    const text = JSON.stringify(body);
    if (attempt.current?.body !== text) attempt.current = { body: text, key: api.newKey() };
    const r = await api.commit(review.id, body, attempt.current.key);
    setBusy(false);
    arm(false);
    if (!r.ok) return setProblem(r.problem);
    setProblem(undefined);
    attempt.current = undefined;
    ahead.fetch();
    say(`Verdict given: ${r.value.passed ? "passed" : "not passed"}. Z takes it back for ten seconds.`);
    const fresh = await api.review(review.id);
    if (fresh.ok) setReview(fresh.value);
  };

  const enter = () => {
    const lacking = j.missing(judging, list);
    if (lacking[0]) {
      change(j.mark(judging, list, lacking[0].row), `${lacking[0].what}.`);
      return lacking[0].act === "words" ? focusWords(list[lacking[0].row]) : undefined;
    }
    if (!armed) {
      arm(true);
      return say(`Ready: ${j.passes(judging, list) ? "passes" : "does not pass"}. Enter again gives the verdict, Escape returns.`);
    }
    if (!busy) void give();
  };

  const act = (a: Action) => {
    switch (a.do) {
      case "play": return p?.toggle();
      case "seek": return p?.seek(p.now + a.ms);
      case "rate": return p?.faster(a.step);
      case "skip": return p?.set({ skip: !p.settings.skip });
      case "lanes": return p?.set({ lanes: ({ both: "telemarketer", telemarketer: "prospect", prospect: "both" } as const)[p.settings.lanes] });
      case "keys": return showKeys(true);
      case "clip": {
        const clip = marked && j.row(judging, marked).evidence;
        return clip && p?.clip(clip.from_ms, clip.to_ms, a.loop);
      }
      case "next": return locked ? next() : undefined;
      case "back": return locked ? void ahead.putBack().then(() => api.takeBack(review.id)).then((r) => (r.ok ? (setReview(r.value), setProblem(undefined), say("Taken back. Your answers are as they were.")) : setProblem(r.problem))) : undefined;
      case "leave": return arm(false);
    }
    if (locked) return;
    switch (a.do) {
      case "stamp":
        if (judging.failing) return change(j.failBecause(judging, list, a.row), `${marked?.title}: fails.`);
        return p && sound && change(j.stamp(judging, list, a.row, sound.call, p.now, sound.duration_ms), `${list[a.row]?.title ?? "No such row"} stamped.`);
      case "fail": return change(j.fail(judging, list, a.row), `${list[a.row]?.title}: press a digit for the reason.`);
      case "answer": return change(j.answer(judging, list, judging.marked, a.letter), `${marked?.title}: ${marked?.answers[a.letter]?.label ?? "no such answer"}.`);
      case "na": return change(j.notApplicable(judging, list), `${marked?.title}: does not apply.`);
      case "move": return change(j.mark(judging, list, judging.marked + a.step), list[Math.max(0, Math.min(list.length - 1, judging.marked + a.step))]?.title ?? "");
      case "words": return focusWords(list.find((c) => c.words_needed > 0));
      case "edge": return marked && p && change(j.edge(judging, marked, a.edge, p.now), `${marked.title}: clip ${a.edge === "from" ? "starts" : "ends"} here.`);
      case "remove": return marked && change(j.removeClip(judging, marked), `${marked.title}: clip removed.`);
      case "enter": return enter();
      case "release": return void api.release(review.id).then((r) => (r.ok ? setReview(null) : setProblem(r.problem)));
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
    return clip ? [{ digit: i + 1, title: c.title, marked: i === judging.marked, from_ms: clip.from_ms, to_ms: clip.to_ms }] : [];
  });
  return (
    <div class="desk-page">
      <section class="claim" aria-label="The claim">
        <h1>{review.company}</h1>
        <dl>
          <div><dt>Contact</dt><dd>{review.contact ?? "unknown"}{review.contact_role && `, ${review.contact_role}`}</dd></div>
          <div><dt>Campaign</dt><dd>{review.campaign}</dd></div>
          <div><dt>Checklist</dt><dd>{review.checklist.name} v{review.checklist.version}</dd></div>
          <div><dt>Call</dt><dd>{sound?.started_at ? moment(sound.started_at) : "unknown"}</dd></div>
          <div><dt>Same company</dt><dd>{review.other_claims === 0 ? "no other claim" : `${review.other_claims} other`}</dd></div>
          <div><dt>Claimant</dt><dd>{review.verdict ? review.verdict.claimant.name : "hidden until the verdict"}</dd></div>
          <div><dt>{review.verdict ? "Claim" : `C-${review.number}, yours until`}</dt><dd>{review.verdict || !review.locked_until ? `C-${review.number}` : time(review.locked_until)}</dd></div>
        </dl>
        <button class="btn" onClick={() => showKeys(true)}>Keys <kbd aria-hidden="true">?</kbd></button>
      </section>
      {problem && <Trouble problem={problem} again={() => setProblem(undefined)} />}
      <main id="main" tabIndex={-1}>
        {sound && p ? <Tracks sound={sound} player={p} clips={clips} act={act} /> : <Empty title="No sound" />}
        <div class="desk">
          <Rows list={list} judging={judging} act={act} locked={locked} write={(c, text) => { arm(false); setJudging(j.words(judging, c, text)); }} answer={(r, letter) => !locked && change(j.answer(judging, list, r, letter), `${list[r]?.title}: ${list[r]?.answers[letter]?.label}.`)} />
          <aside class="side panel" aria-label="Definition">
            {marked && (
              <>
                <h2>What counts as {marked.title}</h2>
                <p>{marked.definition}</p>
                <dl>{marked.counts && <><dt>Counts</dt><dd>{marked.counts}</dd></>}{marked.does_not_count && <><dt>Does not</dt><dd>{marked.does_not_count}</dd></>}</dl>
                <h2>{marked.title} clip</h2>
                <div class="wrap">
                  <button class="btn" onClick={() => act({ do: "clip", loop: false })}>Play <kbd aria-hidden="true">P</kbd></button>
                  <button class="btn" onClick={() => act({ do: "clip", loop: true })}>Loop <kbd aria-hidden="true">⇧P</kbd></button>
                  <button class="btn" onClick={() => act({ do: "edge", edge: "from" })}>Start here <kbd aria-hidden="true">I</kbd></button>
                  <button class="btn" onClick={() => act({ do: "edge", edge: "to" })}>End here <kbd aria-hidden="true">O</kbd></button>
                  <button class="btn" onClick={() => act({ do: "remove" })}>Remove <kbd aria-hidden="true">X</kbd></button>
                </div>
              </>
            )}
          </aside>
        </div>
      </main>
      <Summary review={review} judging={judging} armed={armed} busy={busy} act={act} goTo={(r) => change(j.mark(judging, list, r), list[r]?.title ?? "")} />
      <div class="vh" role="status" aria-live="polite">{said}</div>
      {keys && <KeysDialog close={() => showKeys(false)} />}
    </div>
  );
}

/** A verdict that was taken up again, as answers. */
function from(answers: api.Given[]): j.Judging {
  return { ...j.start(), rows: Object.fromEntries(answers.map((g) => [g.criterion, { answer: g.answer, evidence: g.evidence, words: g.words ?? "" }])) };
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
