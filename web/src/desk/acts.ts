// What a key or its button does: to the sound, to the state, to the item.
import type { Criterion, Sound } from "../api";
import { firstUnheard, nextUnheard } from "./heard";
import { type Missing, row } from "./judging";
import type { Action } from "./keys";
import type { Player } from "./player";
import { speechOf } from "./players";
import type { Session } from "./session";
import { fixed, locked, nextMissing, type Playhead, type Step, type Work } from "./work";

/** A comment covers this much before the playhead. */
const COMMENT_MS = 8_000;
const NEXT_LANES = { both: "telemarketer", telemarketer: "prospect", prospect: "both" } as const;

export interface Desk {
  work: Work;
  /** The same later, after an answer of the box. */
  latest: () => Work;
  session: Session;
  dispatch: (step: Step) => void;
  /** Opens the next item. */
  next: () => void;
  /** The item is back in the queue: nothing is on the desk, and nothing is taken. */
  paused: () => void;
}

export function act(desk: Desk, a: Action) {
  const { work, session, dispatch } = desk;
  const sound = work.review.calls[work.shown];
  const player = session.players.of(sound?.call);
  if (player && sound && plays(a, player, sound, desk)) return;
  if (belongsToItem(a, desk)) return;
  if (a.do === "enter") return void enter(desk);
  const head = player && sound && headOf(player, sound);
  const step = stepOf(a, head, desk);
  if (step) dispatch(step);
}

const headOf = (player: Player, sound: Sound): Playhead => ({
  call: sound.call,
  now: player.now,
  length: sound.duration_ms,
});

/** Handles the keys of the player. Returns whether it was one. */
function plays(a: Action, p: Player, sound: Sound, { session, dispatch }: Desk): boolean {
  switch (a.do) {
    case "play":
      p.toggle();
      return true;
    case "seek":
      p.seek(p.now + a.ms);
      return true;
    case "go":
      p.playFrom(a.ms);
      return true;
    case "rate":
      p.faster(a.step);
      return true;
    case "volume":
      p.louder(a.step);
      return true;
    case "skip":
      p.set({ skip: !p.settings.skip });
      return true;
    case "lanes":
      p.set({ lanes: NEXT_LANES[p.settings.lanes] });
      return true;
    case "unheard": {
      const to = nextUnheard(speechOf(sound), session.players.heardHere(sound.call), p.now);
      if (to === undefined) dispatch({ do: "say", words: "All speech of this call was heard." });
      else p.playFrom(to);
      return true;
    }
    default:
      return false;
  }
}

/** Handles keys that ask the box or move the page. Returns whether it was one. */
function belongsToItem(a: Action, desk: Desk): boolean {
  const { work, session } = desk;
  const { review } = work;
  const list = review.checklist.criteria;
  switch (a.do) {
    case "next":
      if (locked(review)) desk.next();
      return true;
    case "back":
      if (review.verdict) void session.takeBack(review);
      return true;
    case "skip-item":
      if (!fixed(work)) desk.dispatch({ do: "show", dialog: { show: "skip" } });
      return true;
    case "pause":
      void pause(desk);
      return true;
    case "call":
      if (review.calls.length > 1) openCall(desk, (work.shown + 1) % review.calls.length);
      return true;
    case "clip":
      playClip(desk, list[a.row ?? work.judging.marked], a.loop);
      return true;
    case "words":
      if (!locked(review)) focusWords(list.find((c) => c.words_needed > 0));
      return true;
    default:
      return false;
  }
}

/** The item goes back to the queue; after a verdict, the one that was taken ahead. */
async function pause({ work, session, dispatch, paused }: Desk) {
  if (!fixed(work)) {
    const problem = await session.letGo(work.review, { reason: "break" });
    if (problem) return dispatch({ do: "trouble", problem });
  }
  paused();
}

/** The step of the state machine that a key stands for. */
function stepOf(a: Action, head: Playhead | undefined, desk: Desk): Step | undefined {
  switch (a.do) {
    case "stamp":
      return { ...a, at: head };
    case "fail":
    case "answer":
    case "na":
    case "move":
    case "remove":
    case "undo":
    case "redo":
    case "leave":
      return a;
    case "edge":
      return head && { ...a, now: a.now ?? head.now };
    case "nudge":
      return { ...a, length: lengthOf(desk.work) };
    case "keys":
      return { do: "show", dialog: { show: "keys" } };
    case "comment":
      return head && { do: "show", dialog: { show: "comment", clip: justSaid(head) } };
    default:
      return undefined;
  }
}

/** The length of the call in which the marked row's clip lies. */
function lengthOf({ review, judging, shown }: Work): number {
  const c = review.checklist.criteria[judging.marked];
  const call = c && row(judging, c).evidence?.call;
  const sound = review.calls.find((s) => s.call === call) ?? review.calls[shown];
  return sound?.duration_ms ?? 0;
}

const justSaid = ({ call, now, length }: Playhead) => ({
  call,
  from_ms: Math.round(Math.max(0, now - COMMENT_MS)),
  to_ms: Math.round(Math.min(length, Math.max(now, 1_000))),
});

/** On to what is missing, or to the verdict: by what the box credits, so that it hears first what was played. */
async function enter(desk: Desk) {
  const { players, told } = desk.session;
  if (players.pending) await told();
  const now = { ...desk, work: desk.latest() };
  const { listened } = players;
  const next = fixed(now.work) ? undefined : nextMissing(now.work, listened);
  if (next) leadTo(now, next);
  desk.dispatch({ do: "enter", listened });
}

/** Plays, or focuses, what Enter says is missing. */
function leadTo(desk: Desk, { act, row: at }: Missing) {
  const criterion = desk.work.review.checklist.criteria[at];
  if (act === "clip") playUnheard(desk, criterion);
  if (act === "words") focusWords(criterion);
  if (act === "listen") playSpeech(desk);
}

/** Plays on from where a row's clip was first not heard. */
function playUnheard(desk: Desk, c: Criterion | undefined) {
  const clip = c && row(desk.work.judging, c).evidence;
  if (!clip) return;
  const from = firstUnheard(desk.session.players.heardHere(clip.call), clip) ?? clip.from_ms;
  toCall(desk, clip.call)?.clip(from, clip.to_ms, false);
}

/** Plays speech that was not heard: of this call from here on, else of another. */
function playSpeech(desk: Desk) {
  const { work, session } = desk;
  const { calls } = work.review;
  for (const sound of [...calls.slice(work.shown), ...calls.slice(0, work.shown)]) {
    const now = sound === calls[work.shown] ? (session.players.of(sound.call)?.now ?? 0) : 0;
    const from = nextUnheard(speechOf(sound), session.players.heardHere(sound.call), now);
    if (from === undefined) continue;
    return toCall(desk, sound.call)?.playFrom(from);
  }
}

function openCall({ work, session, dispatch }: Desk, call: number) {
  const playing = session.players.of(work.review.calls[work.shown]?.call);
  if (playing?.playing) playing.toggle();
  dispatch({ do: "open", call });
}

/** The player of a call, which is put on the desk first. */
function toCall(desk: Desk, call: string): Player | undefined {
  const at = desk.work.review.calls.findIndex((s) => s.call === call);
  if (at >= 0 && at !== desk.work.shown) openCall(desk, at);
  return desk.session.players.of(call);
}

/** Plays a row's clip, which may lie in another call of the claim. */
function playClip(desk: Desk, c: Criterion | undefined, loop: boolean) {
  const clip = c && row(desk.work.judging, c).evidence;
  if (clip) toCall(desk, clip.call)?.clip(clip.from_ms, clip.to_ms, loop);
}

function focusWords(c: Criterion | undefined) {
  if (c) document.getElementById(`words-${c.id}`)?.focus();
}
