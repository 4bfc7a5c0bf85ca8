// A clip of a call, playable wherever a verdict or a claim is shown.
import { useEffect, useRef, useState } from "preact/hooks";
import { audioUrl } from "../api";
import { clock } from "../format";
import { Mark } from "./marks";
import { alone, silence } from "./sound";

export function ClipPlayer({
  call,
  from,
  to,
  label,
}: {
  call: string;
  from: number;
  to: number;
  label: string;
}) {
  const audioRef = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [trouble, setTrouble] = useState(false);
  const [at, setAt] = useState(from);
  useEffect(() => {
    const a = audioRef.current;
    if (!a) return;
    const moved = () => {
      setAt(a.currentTime * 1000);
      if (a.currentTime * 1000 >= to) a.pause();
    };
    const on = () => {
      alone(a);
      setPlaying(true);
    };
    const off = () => setPlaying(false);
    const failed = () => setTrouble(true);
    a.addEventListener("timeupdate", moved);
    a.addEventListener("play", on);
    a.addEventListener("pause", off);
    a.addEventListener("error", failed);
    return () => {
      silence(a);
      a.removeEventListener("timeupdate", moved);
      a.removeEventListener("play", on);
      a.removeEventListener("pause", off);
      a.removeEventListener("error", failed);
    };
  }, [call, from, to]);
  const toggle = () => {
    const a = audioRef.current;
    if (!a) return;
    if (!a.paused) return a.pause();
    if (a.currentTime * 1000 < from || a.currentTime * 1000 >= to - 200)
      a.currentTime = from / 1000;
    void a.play().catch(() => setTrouble(true));
  };
  return (
    <span class="clip-player">
      <audio ref={audioRef} src={audioUrl(call)} preload="none" />
      <button type="button" class="chip" onClick={toggle}>
        <Mark shape={playing ? "pause" : "play"} />
        <span class="vh">{label}, </span>
        {clock(playing ? at : from)}–{clock(to)}
      </button>
      {trouble && (
        <span class="err" role="alert">
          The audio did not load. Try again.
        </span>
      )}
    </span>
  );
}
