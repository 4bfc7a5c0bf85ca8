// The newest of something that changes with each drawing, for what outlives one: a listener, a timer.
import { useLayoutEffect, useRef } from "preact/hooks";

export function useLatest<T>(value: T) {
  const ref = useRef(value);
  // In place before a key can be pressed.
  useLayoutEffect(() => {
    ref.current = value;
  });
  return ref;
}
