// The evidence on the time axis: a lane for each row, and the edges of the marked row's clip.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Criterion, Evidence as Clip, Sound } from "../api";
import { clock } from "../format";
import type { Axis } from "./axis";
import { row } from "./judging";
import type { Action } from "./keys";
import { fixed, type Work } from "./work";
import "./Evidence.css";

interface LanesProps {
  work: Work;
  sound: Sound;
  at: Axis;
  mark: (row: number) => void;
}

/** Each row's clip on a lane of its own, its name beside it, so that none covers another. The rows say the same to a
    screen reader. */
export function EvidenceLanes({ work, sound, at, mark }: LanesProps) {
  const box = useRef<HTMLDivElement>(null);
  const { marked } = work.judging;
  useEffect(() => {
    const [all, one] = [box.current, box.current?.children[marked] as HTMLElement | undefined];
    // Within its own box alone: the page stands still.
    if (all && one)
      all.scrollTop = Math.max(0, one.offsetTop - (all.clientHeight - one.offsetHeight) / 2);
  }, [marked]);
  return (
    <div ref={box} class="evidence" aria-hidden="true">
      {work.review.checklist.criteria.map((c, i) => (
        <Lane key={c.id} c={c} i={i} {...{ work, sound, at, mark }} />
      ))}
    </div>
  );
}

function Lane({ c, i, work, sound, at, mark }: LanesProps & { c: Criterion; i: number }) {
  const clip = row(work.judging, c).evidence;
  const here = i === work.judging.marked ? "here" : "";
  const other = clip && work.review.calls.findIndex((s) => s.call === clip.call);
  return (
    <div class={`ev ${here}`} onPointerDown={() => mark(i)}>
      <span class="gutter">
        {i + 1} {c.title}
      </span>
      <span class="track">
        {clip?.call === sound.call && <i style={at.span(clip)} />}
        {clip && clip.call !== sound.call && <small>in call {(other ?? 0) + 1}</small>}
      </span>
    </div>
  );
}

interface EdgesProps {
  c: Criterion;
  clip: Clip;
  sound: Sound;
  at: Axis;
  work: Work;
  act: (a: Action) => void;
}

/** The marked row's clip over the lanes, with edges that are dragged, or moved by their keys. */
export function Edges({ c, clip, sound, at, work, act }: EdgesProps) {
  const [dragged, drag] = useState<{ edge: "from" | "to"; ms: number }>();
  const span = {
    from_ms: dragged?.edge === "from" ? Math.min(dragged.ms, clip.to_ms - 500) : clip.from_ms,
    to_ms: dragged?.edge === "to" ? Math.max(dragged.ms, clip.from_ms + 500) : clip.to_ms,
  };
  return (
    <div class="clip here" style={at.span(span)}>
      {!fixed(work) &&
        (["from", "to"] as const).map((edge) => (
          <Edge
            key={edge}
            {...{ edge, c, sound, act }}
            ms={edge === "from" ? span.from_ms : span.to_ms}
            drag={(ms) => drag({ edge, ms })}
            drop={(ms) => {
              drag(undefined);
              if (ms !== undefined) act({ do: "edge", edge, now: ms });
            }}
          />
        ))}
    </div>
  );
}

interface EdgeProps {
  edge: "from" | "to";
  ms: number;
  c: Criterion;
  sound: Sound;
  act: (a: Action) => void;
  drag: (ms: number) => void;
  /** Let go there, or nowhere. */
  drop: (ms?: number) => void;
}

const STEP: Record<string, number> = {
  ArrowLeft: -250,
  ArrowRight: 250,
  PageDown: -2_000,
  PageUp: 2_000,
};

function Edge({ edge, ms, c, sound, act, drag, drop }: EdgeProps) {
  const moved = (e: KeyboardEvent) => {
    const by = STEP[e.key];
    if (by === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    act({ do: "nudge", edge, by });
  };
  return (
    <span
      class={`edge ${edge}`}
      role="slider"
      tabIndex={0}
      aria-label={`${c.title} clip ${edge === "from" ? "starts" : "ends"}`}
      aria-valuemin={0}
      aria-valuemax={sound.duration_ms / 1000}
      aria-valuenow={ms / 1000}
      aria-valuetext={`${clock(ms)} and ${Math.round(ms % 1000)} ms`}
      onKeyDown={moved}
      {...dragging(sound.duration_ms, drag, drop)}
    />
  );
}

/** Follows the pointer along the track until it is let go. */
function dragging(length: number, drag: EdgeProps["drag"], drop: EdgeProps["drop"]) {
  const place = (e: PointerEvent) => {
    const track = (e.currentTarget as HTMLElement).closest(".track")?.getBoundingClientRect();
    if (!track || track.width === 0) return 0;
    const share = (e.clientX - track.left) / track.width;
    return Math.round(Math.min(1, Math.max(0, share)) * length);
  };
  const held = (e: PointerEvent) => (e.currentTarget as HTMLElement).dataset.held === "true";
  const hold = (e: PointerEvent, on: boolean) => {
    const edge = e.currentTarget as HTMLElement;
    edge.dataset.held = String(on);
    if (on) edge.setPointerCapture?.(e.pointerId);
    e.stopPropagation();
  };
  return {
    onPointerDown: (e: PointerEvent) => {
      hold(e, true);
      e.preventDefault();
    },
    onPointerMove: (e: PointerEvent) => held(e) && drag(place(e)),
    onPointerUp: (e: PointerEvent) => {
      if (!held(e)) return;
      hold(e, false);
      drop(place(e));
    },
    onPointerCancel: (e: PointerEvent) => {
      hold(e, false);
      drop();
    },
    // The press is no seek.
    onClick: (e: Event) => e.stopPropagation(),
  };
}
