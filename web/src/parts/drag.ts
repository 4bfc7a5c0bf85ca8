// The pointer on a time axis: a click seeks, a drag marks what lies between.
import { useRef } from "preact/hooks";
import { between, type Moment } from "./moment";

/** A hand that clicks moves a little. */
const STILL_PX = 5;

export function useDrag(
  length: number,
  seek: (ms: number) => void,
  pick?: (moment: Moment) => void,
) {
  const downRef = useRef<{ x: number; ms: number; moved: boolean }>(undefined);
  const at = (e: PointerEvent) => {
    const { left, width } = (e.currentTarget as HTMLElement).getBoundingClientRect();
    return Math.min(1, Math.max(0, (e.clientX - left) / Math.max(1, width))) * length;
  };
  return {
    onPointerDown: (e: PointerEvent) => {
      if (e.button > 0) return;
      downRef.current = { x: e.clientX, ms: at(e), moved: false };
      (e.currentTarget as HTMLElement).setPointerCapture?.(e.pointerId);
    },
    onPointerMove: (e: PointerEvent) => {
      const down = downRef.current;
      if (!down || !pick) return;
      down.moved ||= Math.abs(e.clientX - down.x) > STILL_PX;
      if (down.moved) pick(between(down.ms, at(e), length));
    },
    onPointerUp: (e: PointerEvent) => {
      const down = downRef.current;
      downRef.current = undefined;
      if (down) seek(down.moved ? Math.min(down.ms, at(e)) : at(e));
    },
    onPointerCancel: () => {
      downRef.current = undefined;
    },
  };
}
