// The proven answers with the seconds that show them: Space plays them one after another.
import { useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { clock } from "../../format";
import { fitted, useClipRun } from "../../parts/clipRun";
import { Key, Mark } from "../../parts/marks";
import { outline } from "../../parts/Wave";
import { useLatest } from "../../parts/latest";

type Proven = api.HandoverCard["proven"][number];
type Heard = Proven & { moment: api.Evidence };

export function Clips({ card }: { card: api.HandoverCard }) {
  const heard = card.proven.filter((p): p is Heard => p.moment !== null);
  const moments = fitted(heard.map((p) => p.moment));
  const run = useClipRun(moments);
  const total = moments.reduce((sum, m) => sum + m.to_ms - m.from_ms, 0);
  const whole = heard.reduce((sum, p) => sum + p.moment.to_ms - p.moment.from_ms, 0);
  const pain = card.proven.find((p) => p.words)?.words;
  useKeys(run, heard.length);
  return (
    <section class="panel" aria-label="What the buyer said">
      <div class="buyer-words">
        <span class="label">The pain, in the buyer’s words</span>
        <blockquote>{pain ? `“${pain}”` : "Nobody wrote it down."}</blockquote>
        {heard.length > 0 && (
          <div class="wrap">
            <button class="btn primary large" onClick={() => run.toggle()}>
              <Mark shape={run.on ? "pause" : "play"} />
              {run.on ? "Pause" : `Play all ${heard.length}: ${clock(total)}`} <Key>Space</Key>
            </button>
            <span class="second small">
              ← → one back, one on
              {whole > total && `; ${clock(whole)} cut to ${clock(total)}`}
            </span>
          </div>
        )}
        {run.trouble && (
          <p class="err" role="alert">
            The audio did not load. Press play to try again.
          </p>
        )}
        <p class="vh" role="status">
          {run.on && run.at !== undefined && heard[run.at]?.title}
        </p>
      </div>
      <ol class="clips">
        {card.proven.map((p) => {
          const at = heard.indexOf(p as Heard);
          const moment = moments[at];
          return (
            <li key={p.criterion} aria-current={run.at === at && at >= 0 ? "true" : undefined}>
              {moment ? (
                <button
                  class="btn"
                  aria-label={`${run.at === at && run.on ? "Pause" : "Play"}: ${p.title}`}
                  onClick={() => run.one(at)}
                >
                  <Mark shape={run.at === at && run.on ? "pause" : "play"} />
                  {p.title}
                </button>
              ) : (
                <b>{p.title}</b>
              )}
              <span>
                <b>{p.answer}</b>
                {p.words && <small>{p.words}</small>}
              </span>
              {moment ? <Piece moment={moment} /> : <span class="muted">no moment was kept</span>}
              {moment && (
                <span class="num small">
                  <b>{Math.round((moment.to_ms - moment.from_ms) / 1000)} s</b>{" "}
                  <span class="muted">at {clock(moment.from_ms)}</span>
                </span>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** Space plays and pauses, the arrows go from clip to clip; a control that has the focus keeps its keys. */
function useKeys(run: ReturnType<typeof useClipRun>, count: number) {
  const runRef = useLatest(run);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const on = event.target as HTMLElement;
      const own = on.closest("input, select, textarea, button, a, [role=alertdialog], audio");
      if (own || event.metaKey || event.ctrlKey || event.altKey || count === 0) return;
      if (event.key === " ") runRef.current.toggle();
      else if (event.key === "ArrowRight") runRef.current.step(1);
      else if (event.key === "ArrowLeft") runRef.current.step(-1);
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [runRef, count]);
}

const pictures = new Map<string, Promise<api.Result<api.Peaks>>>();
/** A call's picture, asked for once. */
function pictureOf(call: string) {
  const known = pictures.get(call) ?? api.peaks(call);
  pictures.set(call, known);
  return known;
}

/** The part of a picture between two moments. */
export function part(peaks: api.Peaks, from_ms: number, to_ms: number): api.Peaks {
  const per = (peaks.samples_per_pixel * 1000) / peaks.sample_rate;
  const first = Math.min(peaks.length, Math.max(0, Math.floor(from_ms / per)));
  const last = Math.max(first + 1, Math.min(peaks.length, Math.ceil(to_ms / per)));
  const wide = peaks.channels * 2;
  return { ...peaks, length: last - first, data: peaks.data.slice(first * wide, last * wide) };
}

function Piece({ moment }: { moment: api.Evidence }) {
  const [peaks, set] = useState<api.Peaks>();
  useEffect(() => {
    void pictureOf(moment.call).then((r) => r.ok && set(r.value));
  }, [moment.call]);
  if (!peaks) return <span class="piece" />;
  const cut = part(peaks, moment.from_ms, moment.to_ms);
  return (
    <span class="piece" role="img" aria-label="Telemarketer above, buyer below">
      {[0, 1].map((lane) => (
        <svg key={lane} viewBox="0 -128 1000 256" preserveAspectRatio="none">
          <path class={lane === 0 ? "lane-a" : "lane-b"} d={outline(cut, lane, 200)} />
        </svg>
      ))}
    </span>
  );
}
