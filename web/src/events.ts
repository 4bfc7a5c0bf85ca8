// One event stream for the page's life. The box names what changed; a screen that shows it asks for it again.
//
// The stream opens with the first subscription and stays open while screens come and go. The browser reconnects after
// a break; after a refusal (a proxy's 502, a box that is starting) it gives up, and this module opens a new stream with
// growing delays. Events sent in between are lost, so every subscriber is called when the stream is open again.
import { eventsUrl } from "./api";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

interface Listener {
  what: string;
  then: () => void;
}

export class Events {
  private source: EventSource | undefined;
  private readonly listeners = new Set<Listener>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST_WAIT_MS;
  /** Events may have been lost since the stream was last open. */
  private broken = false;

  /** Calls `then` whenever `what` changed. Returns the function that unsubscribes. */
  subscribe(what: string, then: () => void): () => void {
    const listener = { what, then };
    this.listeners.add(listener);
    if (!this.source && this.timer === undefined) this.open();
    return () => void this.listeners.delete(listener);
  }

  /** Somebody signed in again: a stream that was refused is opened now. */
  wake() {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.wait = FIRST_WAIT_MS;
    this.again();
  }

  /** Closes the stream when its session ends. */
  close() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.source?.close();
    this.source = undefined;
    this.broken = false;
    this.wait = FIRST_WAIT_MS;
  }

  private open() {
    const source = new EventSource(eventsUrl);
    this.source = source;
    source.addEventListener("open", () => {
      this.wait = FIRST_WAIT_MS;
      if (this.broken) this.notify("all");
      this.broken = false;
    });
    source.addEventListener("changed", (event) => this.notify(event.data));
    source.addEventListener("error", () => {
      this.broken = true;
      // Still connecting: the browser tries again by itself.
      if (source.readyState !== EventSource.CLOSED || source !== this.source) return;
      this.source = undefined;
      this.timer = setTimeout(() => this.again(), this.wait);
      this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
    });
  }

  private again() {
    this.timer = undefined;
    // Without subscribers, the next subscription opens it.
    if (this.listeners.size > 0) this.open();
  }

  private notify(what: string) {
    for (const listener of [...this.listeners])
      if (this.listeners.has(listener) && (what === "all" || what === listener.what))
        listener.then();
  }
}

/** The page's own stream. */
export const events = new Events();
export const onChange = (what: string, then: () => void) => events.subscribe(what, then);
