// What a key or its button does: to the sound, to the state, to the item.
import type { Criterion, Sound } from "../api";
import { nextUnheard, row } from "./judging";
import type { Action } from "./keys";
import type { Player } from "./player";
import { speechOf } from "./players";
import type { Session } from "./session";
import { lacking, locked, type Playhead, type Step, type Work } from "./work";

/** A comment covers this much before the playhead. */
const COMMENT_MS = 8_000;
const NEXT_LANES = { both: "telemarketer", telemarketer: "prospect", prospect: "both" } as const;

export interface Desk {
  work: Work;
  session: Session;
  dispatch: (step: Step) => void;
  /** Opens the next item. */
  next: () => void;
  /** The item is back in the queue: nothing is on the desk. */
  cleared: () => void;
}

export function act(desk: Desk, a: Action) {
  const { work, session, dispatch } = desk;
  const sound = work.review.calls[work.shown];
  const player = session.players.of(sound?.call);
  if (player && sound && plays(a, player, sound, dispatch)) return;
  if (belongsToItem(a, desk)) return;
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
function plays(a: Action, p: Player, sound: Sound, dispatch: (step: Step) => void): boolean {
  switch (a.do) {
    case "play":
      p.toggle();
      return true;
    case "seek":
      p.seek(p.now + a.ms);
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
      const to = nextUnheard(speechOf(sound), p.heard, p.now);
      if (to === undefined) dispatch({ do: "say", words: "All speech of this call was heard." });
      else {
        p.seek(to);
        if (!p.playing) p.toggle();
      }
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
    case "release":
      if (!locked(review))
        void session.putBack(review).then((gone) => {
          if (gone) desk.cleared();
        });
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
    case "leave":
      return a;
    case "edge":
      return head && { ...a, now: head.now };
    case "keys":
      return { do: "show", dialog: { show: "keys" } };
    case "comment":
      return head && { do: "show", dialog: { show: "comment", clip: justSaid(head) } };
    case "enter":
      leadTo(desk);
      return { do: "enter", listened: desk.session.players.listened };
    default:
      return undefined;
  }
}

const justSaid = ({ call, now, length }: Playhead) => ({
  call,
  from_ms: Math.round(Math.max(0, now - COMMENT_MS)),
  to_ms: Math.round(Math.min(length, Math.max(now, 1_000))),
});

/** Plays, or focuses, what Enter says is missing. */
function leadTo(desk: Desk) {
  const { work, session } = desk;
  const [first] = lacking(work, session.players.listened);
  const criterion = first && work.review.checklist.criteria[first.row];
  if (first?.act === "clip") playClip(desk, criterion, false);
  if (first?.act === "words") focusWords(criterion);
}

function openCall({ work, session, dispatch }: Desk, call: number) {
  const playing = session.players.of(work.review.calls[work.shown]?.call);
  if (playing?.playing) playing.toggle();
  dispatch({ do: "open", call });
}

/** Plays a row's clip, which may lie in another call of the claim. */
function playClip(desk: Desk, c: Criterion | undefined, loop: boolean) {
  const { work, session } = desk;
  const clip = c && row(work.judging, c).evidence;
  if (!clip) return;
  const at = work.review.calls.findIndex((s) => s.call === clip.call);
  if (at >= 0 && at !== work.shown) openCall(desk, at);
  session.players.of(clip.call)?.clip(clip.from_ms, clip.to_ms, loop);
}

function focusWords(c: Criterion | undefined) {
  if (c) document.getElementById(`words-${c.id}`)?.focus();
}
