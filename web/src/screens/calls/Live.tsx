// Calls in progress: how long, whether both sides are heard, and for a manager listening in.
import { useEffect, useState } from "preact/hooks";
import * as api from "../../api";
import { clock, moment } from "../../format";
import { useLatest } from "../../parts/latest";
import { Empty, Loading, Trouble } from "../../parts/states";

/** A side that has sent nothing for this long is shown as silent. */
const SILENT_MS = 3000;
/** At most this many calls of the backlog are listed; all are counted. */
const SHOWN = 20;

type Shown = api.InProgress;

export function Live() {
  const [shown, show] = useState<Shown>();
  const [problem, setProblem] = useState<api.Problem>();
  const [heard, hear] = useState<string>();
  const load = () =>
    void api.live().then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) show(r.value);
    });
  useEffect(() => {
    load();
    const timer = setInterval(load, 1000);
    return () => clearInterval(timer);
  }, []);
  const pause = (call: api.LiveCall) =>
    void api
      .pauseLive(call.id, call.withheld === null)
      .then((r) => (r.ok ? load() : setProblem(r.problem)));
  const call = shown?.calls.find((c) => c.id === heard);
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Calls in progress</h1>
          <span class="second">as of this second</span>
        </header>
        {problem && <Trouble problem={problem} again={load} />}
        {!shown && !problem && <Loading what="calls in progress" />}
        {shown?.calls.length === 0 && (
          <Empty title="Nobody is on the phone">
            <p>
              A call shows here while it lasts, and under {shown.can_listen ? "Calls" : "My calls"}{" "}
              a moment after it has ended.
            </p>
          </Empty>
        )}
        {shown && shown.calls.length > 0 && (
          <Calls shown={shown} heard={heard} hear={hear} pause={pause} />
        )}
        {call && <Listener key={call.id} call={call} ended={() => hear(undefined)} />}
      </section>
      {shown && shown.backlog.length > 0 && <Backlog calls={shown.backlog} load={load} />}
    </main>
  );
}

/** Whose call it is, where it was not promised that nobody is singled out. */
const whose = (c: api.LiveCall) => c.telemarketer ?? "a telemarketer";

interface CallsProps {
  shown: Shown;
  heard: string | undefined;
  hear: (call: string | undefined) => void;
  pause: (call: api.LiveCall) => void;
}

function Calls({ shown, heard, hear, pause }: CallsProps) {
  return (
    <table class="stacking">
      <thead>
        <tr>
          <th scope="col">Who</th>
          <th scope="col">With</th>
          <th scope="col" class="num">
            For
          </th>
          <th scope="col">Sound</th>
          <th scope="col">
            <span class="vh">Act</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {shown.calls.map((c) => (
          <tr key={c.id} aria-selected={c.id === heard}>
            <td>
              <b>{whose(c)}</b> <span class="muted small">{c.line}</span>
            </td>
            <td>{c.prospect ?? "number withheld"}</td>
            <td class="num">
              {clock(Date.parse(shown.now) - Date.parse(c.answered_at ?? c.started_at))}
              {!c.answered_at && <span class="mark">ringing</span>}
            </td>
            <td>
              {c.withheld ? (
                <span class="mark">{WITHHELD[c.withheld]}</span>
              ) : (
                quality(c, shown.now)
              )}
            </td>
            <td class="num wrap">
              {shown.can_listen && (
                <button
                  class="btn"
                  aria-pressed={c.id === heard}
                  onClick={() => hear(c.id === heard ? undefined : c.id)}
                >
                  {c.id === heard ? "Stop listening" : `Listen to ${whose(c)}`}
                </button>
              )}
              {(c.withheld === null || c.withheld === "paused") && (
                <button class="btn" onClick={() => pause(c)}>
                  {c.withheld ? "Record again" : "Pause the recording"}
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Calls that have ended and are not ready to be heard. */
function Backlog({ calls, load }: { calls: Shown["backlog"]; load: () => void }) {
  return (
    <section class="panel" aria-label="Calls being made ready">
      <header>
        <h2>Ended, not ready to be heard yet</h2>
        <span class="second">
          {calls.length} {calls.length === 1 ? "call" : "calls"}, claimed ones first
        </span>
      </header>
      <table class="stacking">
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">With</th>
            <th scope="col">Began</th>
            <th scope="col">
              <span class="vh">Act</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {calls.slice(0, SHOWN).map((c) => (
            <tr key={c.id}>
              <td>
                <b>{whose(c)}</b> <span class="muted small">{c.line}</span>
              </td>
              <td>{c.prospect ?? "number withheld"}</td>
              <td class="nowrap">{moment(c.started_at)}</td>
              <td class="num">
                {c.awaited ? (
                  <span class="mark">comes next</span>
                ) : (
                  <button class="btn" onClick={() => void api.hurry(c.id).then(load)}>
                    I wait for this one
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const WITHHELD = {
  paused: "recording paused",
  policy: "kept out by the rules",
  overload: "not recorded: the disk is too slow",
};

function quality(c: api.LiveCall, now: string) {
  if (!c.answered_at) return <span class="muted">not answered yet</span>;
  const silent = (side: api.LiveSide) =>
    side.last_at === null || Date.parse(now) - Date.parse(side.last_at) > SILENT_MS;
  const { telemarketer, prospect } = c.sides;
  if (silent(telemarketer) && silent(prospect)) return <span class="mark">nothing is heard</span>;
  if (silent(telemarketer) || silent(prospect))
    return (
      <span class="mark">
        only {silent(prospect) ? "the telemarketer" : "the prospect"} is heard
      </span>
    );
  const lost = telemarketer.lost + prospect.lost;
  const share = lost / Math.max(1, lost + telemarketer.packets + prospect.packets);
  return share > 0.01 ? (
    <span class="mark">{(share * 100).toFixed(1)} % lost</span>
  ) : (
    <>both sides</>
  );
}

/** Plays a call in progress and reads its state out. */
function Listener({ call, ended }: { call: api.LiveCall; ended: () => void }) {
  const [state, say] = useState("Connecting …");
  const endedRef = useLatest(ended);
  const name = whose(call);
  useEffect(() => {
    const sound = new AudioContext({ latencyHint: "interactive" });
    const socket = api.listenTo(call.id);
    socket.binaryType = "arraybuffer";
    let over = false;
    const ready = sound.audioWorklet.addModule("/listen-in.js").then(() => {
      const node = new AudioWorkletNode(sound, "listen-in", { outputChannelCount: [2] });
      node.connect(sound.destination);
      void sound.resume();
      return node;
    });
    socket.onmessage = (event) => {
      if (typeof event.data !== "string") {
        const bytes = event.data as ArrayBuffer;
        void ready.then((node) => node.port.postMessage(bytes));
        return;
      }
      const told = JSON.parse(event.data) as { silent?: string | null };
      say(
        told.silent === "encrypted"
          ? "The call is encrypted: it cannot be heard here."
          : told.silent === "decoder_failed"
            ? "The decoder failed or could not be confined: the recording is made all the same. Ask for assay doctor."
            : told.silent
              ? "The call’s codec cannot be heard live."
              : `Listening to ${name}`,
      );
    };
    socket.onclose = () => {
      if (over) return;
      say("The call has ended.");
      setTimeout(() => endedRef.current(), 2000);
    };
    return () => {
      over = true;
      socket.close();
      void sound.close();
    };
  }, [call.id, name, endedRef]);
  return (
    <p class="pad" role="status">
      {state}
    </p>
  );
}
