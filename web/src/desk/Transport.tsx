// The controls of the player, each with the key that does the same.
import type { Sound } from "../api";
import { clock } from "../format";
import { Key, Mark } from "../parts/marks";
import type { Action } from "./keys";
import type { Player } from "./player";
import "./Transport.css";

interface Props {
  sound: Sound;
  player: Player;
  act: (a: Action) => void;
}

export function Transport({ sound, player, act }: Props) {
  return (
    <div class="transport">
      <button class="btn primary play" onClick={() => act({ do: "play" })}>
        <Mark shape={player.playing ? "pause" : "play"} />
        {player.playing ? "Pause" : "Play"} <Key>Space</Key>
      </button>
      <span class="joined">
        <button class="btn" onClick={() => act({ do: "seek", ms: -10_000 })}>
          −10 s<span class="vh"> back</span> <Key>J</Key>
        </button>
        <button class="btn less" onClick={() => act({ do: "seek", ms: -5_000 })}>
          −5<span class="vh"> seconds back</span> <Key>←</Key>
        </button>
        <button class="btn less" onClick={() => act({ do: "seek", ms: 5_000 })}>
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
          <span class="word long">Slower</span> <Key>,</Key>
        </button>
        <output class="speed" id="speed">
          {player.settings.rate}×
        </output>
        <button class="btn" onClick={() => act({ do: "rate", step: 0.25 })}>
          <span class="word long">Faster</span> <Key>.</Key>
        </button>
      </span>
      <span class="joined less" role="group" aria-label="Volume">
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
        <span class="word">Skip </span>silence <Key>S</Key>
      </button>
      <button class="btn" onClick={() => act({ do: "unheard" })}>
        <span class="word">Next </span>unheard <Key>U</Key>
      </button>
      <button class="btn which" onClick={() => act({ do: "lanes" })}>
        <span class="word">Lanes: </span>
        {player.settings.lanes} <Key>G</Key>
      </button>
    </div>
  );
}
