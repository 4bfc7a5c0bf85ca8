// What the desk does by itself: keys, drafts, giving, and the time that an item has left.
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { useLatest } from "../parts/latest";
import { type Action, action } from "./keys";
import type { Session } from "./session";
import { fixed, locked, pending, type Work } from "./work";

/** How long before an item returns to the queue the page asks whether somebody is there. */
const ASK_BEFORE_MS = 120_000;
const CHECK_EVERY_MS = 15_000;

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

/** Keys work wherever the focus is, in no dialog. */
export function useKeys(act: (a: Action) => void) {
  const latestRef = useLatest(act);
  // In place as soon as the keys show.
  useLayoutEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      const a = action(e);
      if (!a || document.querySelector("dialog[open]") || owns(e, a)) return;
      e.preventDefault();
      if (e.repeat && a.do !== "seek") return;
      latestRef.current(a);
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
  }, [latestRef]);
}

/**
 * Saves a draft on the box shortly after each change, and at once when the page goes or is put away. `left` says that
 * it begins with answers that the box does not have.
 */
export function useDraft(work: Work, session: Session, left: boolean) {
  const [first] = useState(left ? undefined : work.judging);
  const latestRef = useLatest(work);
  const { judging, review } = work;
  const open = !fixed(work) && !pending(review);
  // Before the page is drawn: it may be closed at once.
  useLayoutEffect(() => {
    if (open && judging !== first) session.answered(latestRef.current);
  }, [judging, open, first, latestRef, session]);
  useEffect(() => {
    const leave = () => session.saver.leave();
    const hidden = () => document.visibilityState === "hidden" && leave();
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", hidden);
    return () => {
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", hidden);
    };
  }, [session]);
}

const AFTER_HOLD_MS = 200;
const ASK_AGAIN_MS = 1_000;

/** After a hold, asks for the verdict until it is final: then it shows whose claim it was. */
export function useFinal({ review }: Work, session: Session) {
  const [skew] = useState(() => Date.parse(review.now) - Date.now());
  const { verdict } = review;
  const until = verdict?.state === "held" ? verdict.hold_until : undefined;
  useEffect(() => {
    if (until === undefined) return;
    let over = false;
    const ask = async () => {
      await session.refresh(review);
      if (!over) timer = setTimeout(() => void ask(), ASK_AGAIN_MS);
    };
    const left = Math.max(0, Date.parse(until) - skew - Date.now());
    let timer = setTimeout(() => void ask(), left + AFTER_HOLD_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
    // The item is the same: its verdict's state is what ends it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [until, session, skew]);
}

/** Sends the verdict once Enter was pressed twice. */
export function useGiving(work: Work, session: Session) {
  const latestRef = useLatest(work);
  useEffect(() => {
    if (work.phase === "giving") void session.give(latestRef.current);
  }, [work.phase, latestRef, session]);
}

/** Whether the item soon goes back to the queue. The box's clock counts, not ours. */
export function useLapsing({ review, until }: Work): boolean {
  const [skew] = useState(() => Date.parse(review.now) - Date.now());
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), CHECK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return !locked(review) && until !== null && Date.parse(until) - skew - now < ASK_BEFORE_MS;
}
