// Everything on the time axis: ruler, evidence, lanes, what was heard, and the transport under it.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { clock } from "../format";
import { Key, Mark } from "../parts/marks";
import { Trouble } from "../parts/states";
import type { Action } from "./keys";
import type { Player } from "./player";
import { Wave } from "./Wave";

interface Props {
  sound: api.Sound;
  player: Player;
  clips: { digit: number; title: string; marked: boolean; from_ms: number; to_ms: number }[];
  act: (a: Action) => void;
}

export function Tracks({ sound, player, clips, act }: Props) {
  const [peaks, setPeaks] = useState<api.Result<api.Peaks>>();
  useEffect(() => void api.peaks(sound.call).then(setPeaks), [sound.call]);
  const at = (ms: number) => `${(ms / sound.duration_ms) * 100}%`;
  const span = (s: api.Span) => ({
    left: at(s.from_ms),
    width: `${((s.to_ms - s.from_ms) / sound.duration_ms) * 100}%`,
  });
  const step =
    [5, 10, 15, 30, 60, 120, 300, 600].find((s) => sound.duration_ms / 1000 / s <= 14) ?? 1200;
  const ticks = Array.from(
    { length: Math.floor(sound.duration_ms / 1000 / step) + 1 },
    (_, i) => i * step * 1000,
  );
  const seek = (e: KeyboardEvent) => {
    const move = { ArrowLeft: -5000, ArrowRight: 5000, Home: -Infinity, End: Infinity }[e.key];
    if (move === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    player.seek(Math.min(sound.duration_ms, Math.max(0, player.now + move)));
  };
  return (
    <section class="player panel" aria-label="The call">
      <div class="tracks">
        <div class="gutter">Time</div>
        <div class="track ruler" aria-hidden="true">
          {ticks.map((t) => (
            <span key={t} style={{ left: at(t) }}>
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
              style={{ left: at(c.from_ms) }}
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
        <div class="track lanes">
          {peaks?.ok && (
            <Wave peaks={peaks.value} media={player.audio} duration={sound.duration_ms} />
          )}
          {peaks && !peaks.ok && <Trouble problem={peaks.problem} />}
          {clips.map((c) => (
            <i key={c.digit} class={c.marked ? "clip here" : "clip"} style={span(c)} />
          ))}
          {sound.answered_ms !== null && sound.answered_ms > 500 && (
            <Dim style={span({ from_ms: 0, to_ms: sound.answered_ms })}>Ring</Dim>
          )}
          {sound.holds.map((h) => (
            <Dim key={h.from_ms} style={span(h)}>
              Hold
              <br />
              {clock(h.to_ms - h.from_ms)}
            </Dim>
          ))}
          {sound.gaps
            .filter((g) => g.to_ms - g.from_ms > 300)
            .map((g, i) => (
              <Dim
                key={i}
                style={{ ...span(g), ...(g.lane === 0 ? { bottom: "50%" } : { top: "50%" }) }}
              >
                {g.reason.replaceAll("_", " ")}
              </Dim>
            ))}
          <div
            class="head"
            style={{ left: at(Math.min(player.now, sound.duration_ms)) }}
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
        </div>
        <div class="gutter">Heard</div>
        <div
          class="track heard"
          role="img"
          aria-label={`${Math.round(player.heard.size / 2)} seconds heard`}
        >
          {runs(player.heard).map(([from, to]) => (
            <i
              key={from}
              style={span({ from_ms: from * 500, to_ms: Math.min(sound.duration_ms, to * 500) })}
            />
          ))}
        </div>
      </div>
      <div class="transport">
        <button class="btn primary play" onClick={() => act({ do: "play" })}>
          <Mark shape={player.playing ? "pause" : "play"} />
          {player.playing ? "Pause" : "Play"} <Key>Space</Key>
        </button>
        <span class="joined">
          <button class="btn" onClick={() => act({ do: "seek", ms: -10_000 })}>
            −10 s<span class="vh"> back</span> <Key>J</Key>
          </button>
          <button class="btn" onClick={() => act({ do: "seek", ms: -5_000 })}>
            −5<span class="vh"> seconds back</span> <Key>←</Key>
          </button>
          <button class="btn" onClick={() => act({ do: "seek", ms: 5_000 })}>
            +5<span class="vh"> seconds on</span> <Key>→</Key>
          </button>
          <button class="btn" onClick={() => act({ do: "seek", ms: 10_000 })}>
            +10 s<span class="vh"> on</span> <Key>L</Key>
          </button>
        </span>
        <span class="clock">
          {clock(player.now)} <small>of {clock(sound.duration_ms)}</small>
        </span>
        <span class="joined" role="group" aria-label="Speed">
          <button class="btn" onClick={() => act({ do: "rate", step: -0.25 })}>
            Slower <Key>,</Key>
          </button>
          <output class="speed" id="speed">
            {player.settings.rate}×
          </output>
          <button class="btn" onClick={() => act({ do: "rate", step: 0.25 })}>
            Faster <Key>.</Key>
          </button>
        </span>
        <span class="joined" role="group" aria-label="Volume">
          <button class="btn" onClick={() => act({ do: "volume", step: -0.1 })}>
            <span class="vh">Quieter</span>
            <Key>-</Key>
          </button>
          <output class="speed">Vol {Math.round(player.settings.volume * 100)}</output>
          <button class="btn" onClick={() => act({ do: "volume", step: 0.1 })}>
            <span class="vh">Louder</span>
            <Key>+</Key>
          </button>
        </span>
        <button class="btn" aria-pressed={player.settings.skip} onClick={() => act({ do: "skip" })}>
          Skip silence <Key>S</Key>
        </button>
        <button class="btn" onClick={() => act({ do: "unheard" })}>
          Unheard <Key>U</Key>
        </button>
        <button class="btn" onClick={() => act({ do: "lanes" })}>
          Lanes: {player.settings.lanes} <Key>G</Key>
        </button>
      </div>
      {sound.lanes.some((l) => l.unheard || poor(l)) && (
        <ul class="small sound-notes">
          {sound.lanes
            .filter((l) => l.unheard || poor(l))
            .map((l) => (
              <li key={l.lane}>
                {l.who === "telemarketer" ? "Telemarketer" : "Prospect"}: {l.unheard ?? quality(l)}
              </li>
            ))}
        </ul>
      )}
    </section>
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
function runs(heard: ReadonlySet<number>): [number, number][] {
  const all: [number, number][] = [];
  for (const s of [...heard].sort((a, b) => a - b)) {
    const last = all.at(-1);
    if (last && last[1] >= s - 1) last[1] = s + 1;
    else all.push([s, s + 1]);
  }
  return all;
}
