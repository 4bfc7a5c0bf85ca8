// Everything on the time axis: ruler, evidence, lanes, what was heard, and the transport under it.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { clock } from "../format";
import { Trouble } from "../parts/states";
import type { Action } from "./keys";
import type { Player } from "./player";
import { Transport } from "./Transport";
import { Wave } from "./Wave";
import "./Tracks.css";

interface Props {
  sound: api.Sound;
  player: Player;
  clips: Clip[];
  act: (a: Action) => void;
}
interface Clip extends api.Span {
  digit: number;
  title: string;
  marked: boolean;
}

export function Tracks(props: Props) {
  const { sound, player, clips } = props;
  const at = placing(sound.duration_ms);
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
        <div class="gutter">Evidence</div>
        <div class="track evidence">
          {clips.map((c) => (
            <span
              key={c.digit}
              class={c.marked ? "tab here" : "tab"}
              style={{ left: at.left(c.from_ms) }}
            >
              {c.digit} <span>{c.title}</span>
            </span>
          ))}
        </div>
        <div class="gutter lanes">
          <span>
            <i class="dot a" />
            Telemarketer
          </span>
          <span>
            <i class="dot b" />
            Prospect
          </span>
        </div>
        <Lanes {...props} at={at} />
        <div class="gutter">Heard</div>
        <div
          class="track heard"
          role="img"
          aria-label={`${Math.round(player.heard.size / 2)} seconds heard`}
        >
          {runs(player.heard).map(([from, to]) => (
            <i
              key={from}
              style={at.span({ from_ms: from * 500, to_ms: Math.min(sound.duration_ms, to * 500) })}
            />
          ))}
        </div>
      </div>
      <Transport {...props} />
      <Notes lanes={sound.lanes} />
    </section>
  );
}

/** Places on the time axis, as CSS wants them. */
function placing(length: number) {
  const left = (ms: number) => `${(ms / length) * 100}%`;
  return {
    left,
    span: (s: api.Span) => ({ left: left(s.from_ms), width: left(s.to_ms - s.from_ms) }),
  };
}

/** Round times for the ruler, at most fifteen of them. */
export function ticks(length: number): number[] {
  const seconds = length / 1000;
  const step = [5, 10, 15, 30, 60, 120, 300, 600].find((s) => seconds / s <= 14) ?? 1200;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step * 1000);
}

/** Both lanes with what lies over them: clips, what is not there, and the playhead. */
function Lanes({ sound, player, clips, at }: Props & { at: ReturnType<typeof placing> }) {
  const [peaks, setPeaks] = useState<api.Result<api.Peaks>>();
  useEffect(() => void api.peaks(sound.call).then(setPeaks), [sound.call]);
  return (
    <div class="track lanes">
      {peaks?.ok && <Wave peaks={peaks.value} media={player.audio} duration={sound.duration_ms} />}
      {peaks && !peaks.ok && <Trouble problem={peaks.problem} />}
      {clips.map((c) => (
        <i key={c.digit} class={c.marked ? "clip here" : "clip"} style={at.span(c)} />
      ))}
      {sound.answered_ms !== null && sound.answered_ms > 500 && (
        <Dim style={at.span({ from_ms: 0, to_ms: sound.answered_ms })}>Ring</Dim>
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
      <Head sound={sound} player={player} left={at.left} />
    </div>
  );
}

/** The playhead, moved by keys while it has the focus. */
function Head({
  sound,
  player,
  left,
}: Pick<Props, "sound" | "player"> & { left: (ms: number) => string }) {
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

function Notes({ lanes }: { lanes: Lane[] }) {
  const noted = lanes.filter((l) => l.unheard || poor(l));
  if (noted.length === 0) return null;
  return (
    <ul class="small sound-notes">
      {noted.map((l) => (
        <li key={l.lane}>
          {l.who === "telemarketer" ? "Telemarketer" : "Prospect"}: {l.unheard ?? quality(l)}
        </li>
      ))}
    </ul>
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

/** Half seconds that were heard, as runs [first, after last]. */
export function runs(heard: ReadonlySet<number>): [number, number][] {
  const all: [number, number][] = [];
  for (const s of [...heard].sort((a, b) => a - b)) {
    const last = all.at(-1);
    if (last && last[1] >= s - 1) last[1] = s + 1;
    else all.push([s, s + 1]);
  }
  return all;
}
