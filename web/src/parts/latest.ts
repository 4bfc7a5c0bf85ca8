// The latest value of something that changes with each render, for listeners and timers that outlive one.
import { useLayoutEffect, useRef } from "preact/hooks";

export function useLatest<T>(value: T) {
  const ref = useRef(value);
  // In place before a key can be pressed.
  useLayoutEffect(() => {
    ref.current = value;
  });
  return ref;
}
