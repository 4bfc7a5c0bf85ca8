// Choosing seconds of a call by ear: play, and press where it begins and where it ends.
import { useEffect, useRef, useState } from "preact/hooks";
import { audioUrl } from "../api";
import { clock } from "../format";
import { Mark } from "./marks";
import "./ClipPicker.css";

export interface Picked {
  from_ms: number;
  to_ms: number;
}

export function ClipPicker({
  call,
  length,
  picked,
  pick,
}: {
  call: string;
  length: number;
  picked: Picked;
  pick: (p: Picked) => void;
}) {
  const audioRef = useRef<HTMLAudioElement>(null);
  const [now, setNow] = useState(0);
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    const audio = audioRef.current;
    return () => audio?.pause();
  }, []);
  const seek = (ms: number) => {
    const to = Math.min(length, Math.max(0, ms));
    setNow(to);
    if (audioRef.current) audioRef.current.currentTime = to / 1000;
  };
  const toggle = () =>
    void (audioRef.current?.paused
      ? audioRef.current.play().catch(() => undefined)
      : audioRef.current?.pause());
  const at = Math.round(now);
  return (
    <div class="stack picker">
      <audio
        ref={audioRef}
        src={audioUrl(call)}
        preload="metadata"
        onTimeUpdate={(e) => setNow(e.currentTarget.currentTime * 1000)}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
      />
      <label class="field">
        <span>Where in the call</span>
        <input
          type="range"
          min={0}
          max={length}
          step={500}
          value={at}
          aria-valuetext={`${clock(at)} of ${clock(length)}`}
          onInput={(e) => seek(Number(e.currentTarget.value))}
        />
      </label>
      <div class="wrap">
        <button type="button" class="btn" onClick={toggle}>
          <Mark shape={playing ? "pause" : "play"} />
          {playing ? "Pause" : "Play"} {clock(at)}
        </button>
        <button
          type="button"
          class="btn"
          onClick={() =>
            pick({
              from_ms: Math.min(at, length - 1000),
              to_ms: Math.max(picked.to_ms, Math.min(length, at + 1000)),
            })
          }
        >
          It begins here
        </button>
        <button
          type="button"
          class="btn"
          onClick={() =>
            pick({
              from_ms: Math.min(picked.from_ms, Math.max(0, at - 1000)),
              to_ms: Math.max(1000, at),
            })
          }
        >
          It ends here
        </button>
      </div>
      <p class="second">
        Chosen: {clock(picked.from_ms)} to {clock(picked.to_ms)}
      </p>
    </div>
  );
}
