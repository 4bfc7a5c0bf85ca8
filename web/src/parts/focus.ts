import { useEffect, useRef } from "preact/hooks";

/** Gives an element the focus when it comes onto the page. */
export function useFocus<E extends HTMLElement>() {
  const ref = useRef<E>(null);
  useEffect(() => ref.current?.focus(), []);
  return ref;
}

/** Gives the focus back once the page is drawn, where the thing that had it is gone. */
export const focusLater = (find: () => HTMLElement | null | undefined) =>
  void setTimeout(() => find()?.focus());
