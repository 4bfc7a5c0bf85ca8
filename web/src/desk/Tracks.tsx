// Everything on the time axis: ruler, evidence, lanes, what was heard, and the transport under it.
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { clock } from "../format";
import { Trouble } from "../parts/states";
import { axis, type Axis, ticks } from "./axis";
import { Edges, EvidenceLanes } from "./Evidence";
import { length, union } from "./heard";
import { row } from "./judging";
import type { Action } from "./keys";
import type { Player } from "./player";
import { tagOf } from "./Side";
import { Transport } from "./Transport";
import { Wave } from "./Wave";
import type { Work } from "./work";
import "./Tracks.css";

interface Props {
  sound: api.Sound;
  player: Player;
  work: Work;
  /** Comments on this call, in its order. */
  notes: api.Comment[];
  act: (a: Action) => void;
  mark: (row: number) => void;
}

export function Tracks(props: Props) {
  const { sound, player, work, mark, act } = props;
  const at = axis(sound.duration_ms);
  return (
    <section class="player panel" aria-label="The call">
      <div class="tracks">
        <div class="gutter">Time</div>
        <div class="track ruler" aria-hidden="true">
          {ticks(sound.duration_ms).map((t) => (
            <span key={t} style={{ left: at.left(t) }}>
              {clock(t)}
            </span>
          ))}
        </div>
        <div class="gutter lanes">
          <Who sound={sound} lane={0} dot="a" says="Telemarketer" />
          <Who sound={sound} lane={1} dot="b" says="Prospect" />
        </div>
        <Lanes {...props} at={at} />
        <div class="gutter">Heard</div>
        <HeardStrip player={player} at={at} />
        <EvidenceLanes work={work} sound={sound} at={at} mark={mark} />
      </div>
      <Transport sound={sound} player={player} act={act} />
    </section>
  );
}

/** Whose lane it is, and how well it came over. */
function Who({
  sound,
  lane,
  dot,
  says,
}: {
  sound: api.Sound;
  lane: number;
  dot: string;
  says: string;
}) {
  const of = sound.lanes.find((l) => l.lane === lane);
  const note = of && (of.unheard ?? (poor(of) ? quality(of) : undefined));
  return (
    <span title={note}>
      <i class={`dot ${dot}`} />
      <span>
        {says}
        {note && (
          <small class="mark">
            {of.unheard ? "not heard" : "poor line"}
            <span class="vh">: {note}</span>
          </small>
        )}
      </span>
    </span>
  );
}

/** What the box credits, and what was played that it has not answered for yet. */
function HeardStrip({ player, at }: { player: Player; at: Axis }) {
  const heard = union(player.heard);
  const seconds = Math.floor(length(heard) / 1000);
  return (
    <div class="track heard" role="img" aria-label={`${seconds} seconds heard`}>
      {heard.map((s) => (
        <i key={s.from_ms} style={at.span(s)} />
      ))}
      {player.pending.map((s) => (
        <i key={s.from_ms} class="pending" style={at.span(s)} />
      ))}
    </div>
  );
}

type LanesProps = Props & { at: Axis };

/** Both lanes with what lies over them: clips, comments, what is not there, and the playhead. */
function Lanes(props: LanesProps) {
  const { sound, player, at } = props;
  const [peaks, setPeaks] = useState<api.Result<api.Peaks>>();
  const load = useCallback(() => void api.peaks(sound.call).then(setPeaks), [sound.call]);
  useEffect(load, [load]);
  return (
    <div class="track lanes">
      {peaks?.ok && <Wave peaks={peaks.value} media={player.audio} duration={sound.duration_ms} />}
      {peaks && !peaks.ok && <Trouble problem={peaks.problem} again={load} />}
      <Missing sound={sound} at={at} />
      <Clips {...props} />
      <Pins {...props} />
      <Head sound={sound} player={player} left={at.left} />
    </div>
  );
}

function Clips({ work, sound, at, act }: LanesProps) {
  const { judging, review } = work;
  return (
    <>
      {review.checklist.criteria.map((c, i) => {
        const clip = row(judging, c).evidence;
        if (clip?.call !== sound.call) return null;
        return i === judging.marked ? (
          <Edges key={c.id} {...{ c, clip, sound, at, work, act }} />
        ) : (
          <i key={c.id} class="clip" style={at.span(clip)} />
        );
      })}
    </>
  );
}

/** Comments at their place; each has the room up to the next. The side panel says and plays them. */
function Pins({ notes, sound, at }: LanesProps) {
  return (
    <>
      {notes.map((n, i) => {
        const room = (notes[i + 1]?.from_ms ?? sound.duration_ms) - n.from_ms;
        return (
          <span
            key={n.id}
            class="pin"
            aria-hidden="true"
            title={n.text}
            style={{ left: at.left(n.from_ms), width: at.left(room) }}
          >
            <span>{tagOf(n) ?? n.text}</span>
          </span>
        );
      })}
    </>
  );
}

/** What is not speech of the two: ringing, hold, and gaps with their reasons. */
function Missing({ sound, at }: { sound: api.Sound; at: Axis }) {
  const { answered_ms } = sound;
  return (
    <>
      {answered_ms !== null && answered_ms > 500 && (
        <Dim style={at.span({ from_ms: 0, to_ms: answered_ms })}>Ring</Dim>
      )}
      {sound.holds.map((h) => (
        <Dim key={h.from_ms} style={at.span(h)}>
          On hold
          <br />
          {clock(h.to_ms - h.from_ms)}
        </Dim>
      ))}
      {sound.gaps
        .filter((g) => g.to_ms - g.from_ms > 300)
        .map((g, i) => (
          <Dim
            key={i}
            style={{ ...at.span(g), ...(g.lane === 0 ? { bottom: "50%" } : { top: "50%" }) }}
          >
            {g.reason.replaceAll("_", " ")}
          </Dim>
        ))}
    </>
  );
}

/** The playhead, moved by keys while it has the focus. */
function Head({
  sound,
  player,
  left,
}: {
  sound: api.Sound;
  player: Player;
  left: (ms: number) => string;
}) {
  const seek = (e: KeyboardEvent) => {
    const move = { ArrowLeft: -5000, ArrowRight: 5000, Home: -Infinity, End: Infinity }[e.key];
    if (move === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    player.seek(Math.min(sound.duration_ms, Math.max(0, player.now + move)));
  };
  return (
    <div
      class="head"
      style={{ left: left(Math.min(player.now, sound.duration_ms)) }}
      role="slider"
      tabIndex={0}
      aria-label="Playhead"
      aria-valuemin={0}
      aria-valuemax={Math.round(sound.duration_ms / 1000)}
      aria-valuenow={Math.round(player.now / 1000)}
      aria-valuetext={`${clock(player.now)} of ${clock(sound.duration_ms)}`}
      onKeyDown={seek}
    >
      <b>{clock(player.now)}</b>
    </div>
  );
}

type Lane = api.Sound["lanes"][number];

/** Below this most people are annoyed (G.107: R under 70). */
const poor = (l: Lane) => l.mos !== null && l.mos < 3.6;

function quality(l: Lane): string {
  const share = (100 * l.lost) / Math.max(1, l.lost + l.packets);
  const whose = {
    network: ", by the network",
    mirror: ", by the mirror: the people heard it",
    unknown: "",
  }[l.loss_was];
  return `a poor line: ${share.toFixed(1)} % of the sound was lost${whose} (MOS ${l.mos?.toFixed(1)}, ${l.codecs.join(", ")}).`;
}

const Dim = ({
  style,
  children,
}: {
  style: Record<string, string>;
  children: ComponentChildren;
}) => (
  <div class="dim" style={style}>
    {children}
  </div>
);
