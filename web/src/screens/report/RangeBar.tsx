// A rate with the room that chance leaves it, and beside it what was foretold.
import type { Rate } from "../../api";

/** For the eye alone: the table has the figures. */
export function RangeBar({ rate, mark }: { rate: Rate; mark?: number }) {
  const at = (share: number) => `${share * 100}%`;
  return (
    <span class="range-bar" aria-hidden="true">
      {mark !== undefined && <b style={{ left: at(mark) }} />}
      <u style={{ left: at(rate.low), width: at(rate.high - rate.low) }} />
      <i style={{ left: at(rate.rate) }} />
    </span>
  );
}
