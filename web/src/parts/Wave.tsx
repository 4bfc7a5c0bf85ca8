// The picture of both lanes, telemarketer above, prospect below: drawn as outlines, so that it
// follows theme and size.
import type { Peaks } from "../api";
import "./Wave.css";

const PIECES = 800;
/** Silence has a thin line. */
const LEAST = 1.5;

/** The outline of a lane: its greatest samples from left to right, its least ones back. */
export function outline(peaks: Peaks, lane: number, pieces = PIECES): string {
  const count = Math.max(1, Math.min(pieces, peaks.length));
  const above: string[] = [];
  const below: string[] = [];
  for (let i = 0; i < count; i++) {
    const [low, high] = extremes(peaks, lane, (i * peaks.length) / count, 1 / count);
    const x = ((i + 0.5) * 1000) / count;
    above.push(`${x.toFixed(1)} ${(-Math.max(LEAST, high)).toFixed(1)}`);
    below.unshift(`${x.toFixed(1)} ${Math.max(LEAST, -low).toFixed(1)}`);
  }
  return `M0 0L${above.join("L")}L1000 0L${below.join("L")}Z`;
}

/** The least and the greatest sample of a share of the call, from one piece of its peaks on. */
function extremes(peaks: Peaks, lane: number, first: number, share: number): [number, number] {
  const from = Math.floor(first);
  const to = Math.max(from + 1, Math.floor(first + share * peaks.length));
  const wide = peaks.channels * 2;
  let [low, high] = [0, 0];
  for (let i = from; i < to; i++) {
    low = Math.min(low, peaks.data[i * wide + lane * 2] ?? 0);
    high = Math.max(high, peaks.data[i * wide + lane * 2 + 1] ?? 0);
  }
  return [low, high];
}

export function Wave({ peaks }: { peaks: Peaks }) {
  return (
    <div class="outlines" aria-hidden="true">
      {[0, 1].map((lane) => (
        <svg key={lane} viewBox="0 -128 1000 256" preserveAspectRatio="none">
          <path class={lane === 0 ? "lane-a" : "lane-b"} d={outline(peaks, lane)} />
        </svg>
      ))}
    </div>
  );
}
