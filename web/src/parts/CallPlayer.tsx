// A call to listen to and to find a moment in: both lanes, seek by click and key, speed; by ear one
// marks where it
// begins and ends. Its keys work while the focus is inside.
import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { clock } from "../format";
import { useDrag } from "./drag";
import { Key, Mark } from "./marks";
import { type Moment, begun, ended, whole } from "./moment";
import { type CallSound, useSound } from "./sound";
import { Wave } from "./Wave";
import "./CallPlayer.css";

/** A moment that somebody marked before, drawn and playable. */
export interface Shown extends api.Span {
  title: string;
}
interface Props {
  call: string;
  length: number;
  /** What a screen reader calls it. */
  label: string;
  shown?: Shown[];
  picked?: Moment;
  /** Where there is one, a moment is marked. */
  pick?: (moment: Moment) => void;
  id?: string;
}
type Inner = Props & { sound: CallSound };

export const CallPlayer = (props: Props) => <Player key={props.call} {...props} />;

function Player(props: Props) {
  const sound = useSound(props.call, props.length);
  return (
    <div
      class="call-player"
      role="group"
      aria-label={props.label}
      onKeyDown={(e) => keys({ ...props, sound }, e)}
    >
      <Track {...props} sound={sound} />
      <Controls {...props} sound={sound} />
      {props.pick && <Marking {...props} sound={sound} />}
      {sound.trouble && (
        <p class="err" role="alert">
          The sound of this call did not load. Press Play to try again.
        </p>
      )}
    </div>
  );
}

/** What a key does; nothing while somebody types or where the browser has its own use for it. */
function keys(props: Inner, e: KeyboardEvent) {
  const at = e.target as HTMLElement;
  if (at.matches("input, textarea, select") || e.metaKey || (e.ctrlKey && !e.altKey)) return;
  if (e.key === " " && at.matches("button")) return;
  const act = actionOf(props, e.key);
  if (!act) return;
  e.preventDefault();
  e.stopPropagation();
  act();
}

function actionOf({ sound, picked = {}, pick }: Inner, key: string): (() => void) | undefined {
  const by = (ms: number) => () => sound.seek(sound.now + ms);
  const all: Record<string, (() => void) | undefined> = {
    " ": () => sound.toggle(),
    ArrowLeft: by(-5_000),
    ArrowRight: by(5_000),
    PageDown: by(-30_000),
    PageUp: by(30_000),
    Home: () => sound.seek(0),
    End: () => sound.seek(sound.length),
    ",": () => sound.faster(-0.25),
    ".": () => sound.faster(0.25),
    "[": pick && (() => pick(begun(picked, sound.now, sound.length))),
    "]": pick && (() => pick(ended(picked, sound.now, sound.length))),
  };
  return all[key];
}

/** Both lanes with the playhead, what others marked, and what is marked here. */
function Track(props: Inner) {
  const { sound, length, shown = [], picked } = props;
  const [peaks, setPeaks] = useState<api.Result<api.Peaks>>();
  useEffect(() => void api.peaks(props.call).then(setPeaks), [props.call]);
  const drag = useDrag(length, (ms) => sound.seek(ms), props.pick);
  const left = (ms: number) => `${(100 * ms) / Math.max(1, length)}%`;
  const span = (s: api.Span) => ({ left: left(s.from_ms), width: left(s.to_ms - s.from_ms) });
  return (
    <>
      <div
        class="call-track"
        role="slider"
        id={props.id}
        tabIndex={0}
        aria-label="Place in the call"
        aria-valuemin={0}
        aria-valuemax={Math.round(length / 1000)}
        aria-valuenow={Math.round(sound.now / 1000)}
        aria-valuetext={`${clock(sound.now)} of ${clock(length)}`}
        {...drag}
      >
        {peaks?.ok && <Wave peaks={peaks.value} />}
        {shown.map((s, i) => (
          <i key={i} class="theirs" style={span(s)} />
        ))}
        {whole(picked) && <i class="mine" style={span(whole(picked) as api.Span)} />}
        {picked?.from_ms !== undefined && <i class="edge" style={{ left: left(picked.from_ms) }} />}
        {picked?.to_ms !== undefined && <i class="edge" style={{ left: left(picked.to_ms) }} />}
        <i class="now" style={{ left: left(sound.now) }} />
      </div>
      <p class="call-lanes small second">
        <i class="dot a" /> Telemarketer above <i class="dot b" /> Prospect below
        {props.pick && ". Drag over the picture to mark a moment."}
      </p>
      {peaks && !peaks.ok && (
        <p class="second small">The picture of this call did not load. You can play it.</p>
      )}
    </>
  );
}

function Controls({ sound, length, shown = [] }: Inner) {
  return (
    <div class="wrap call-controls">
      <button type="button" class="btn primary" onClick={() => sound.toggle()}>
        <Mark shape={sound.on ? "pause" : "play"} />
        {sound.on ? "Pause" : "Play"} <Key>Space</Key>
      </button>
      <span class="joined">
        <button type="button" class="btn" onClick={() => sound.seek(sound.now - 5_000)}>
          −5 s<span class="vh"> back</span> <Key>←</Key>
        </button>
        <button type="button" class="btn" onClick={() => sound.seek(sound.now + 5_000)}>
          +5 s<span class="vh"> on</span> <Key>→</Key>
        </button>
      </span>
      <span class="call-clock">
        <b>{clock(sound.now)}</b> of {clock(length)}
      </span>
      <span class="joined" role="group" aria-label="Speed">
        <button type="button" class="btn" onClick={() => sound.faster(-0.25)}>
          Slower <Key>,</Key>
        </button>
        <output class="btn">{sound.rate}×</output>
        <button type="button" class="btn" onClick={() => sound.faster(0.25)}>
          Faster <Key>.</Key>
        </button>
      </span>
      {shown.map((s, i) => (
        <button key={i} type="button" class="chip" onClick={() => sound.clip(s)}>
          <Mark shape="play" />
          {s.title}{" "}
          <i>
            {clock(s.from_ms)}–{clock(s.to_ms)}
          </i>
        </button>
      ))}
    </div>
  );
}

/** Where the moment begins and ends, by ear. */
function Marking({ sound, picked = {}, pick = () => undefined }: Inner) {
  const moment = whole(picked);
  return (
    <div class="wrap call-controls">
      <button
        type="button"
        class="btn"
        onClick={() => pick(begun(picked, sound.now, sound.length))}
      >
        It begins here <Key>[</Key>
      </button>
      <button
        type="button"
        class="btn"
        onClick={() => pick(ended(picked, sound.now, sound.length))}
      >
        It ends here <Key>]</Key>
      </button>
      {moment && (
        <button type="button" class="btn" onClick={() => sound.clip(moment)}>
          <Mark shape="play" /> Play your moment
        </button>
      )}
      <span class={moment ? "" : "mark"} role="status">
        {said(picked)}
      </span>
    </div>
  );
}

function said(picked: Moment): string {
  const { from_ms, to_ms } = picked;
  if (from_ms === undefined && to_ms === undefined) return "No moment marked yet";
  if (to_ms === undefined) return `Begins at ${clock(from_ms ?? 0)}, no end yet`;
  if (from_ms === undefined) return `Ends at ${clock(to_ms)}, no beginning yet`;
  return `Your moment: ${clock(from_ms)} to ${clock(to_ms)}`;
}
