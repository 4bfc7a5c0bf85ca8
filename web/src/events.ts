// One event stream for the page's life. The box names what changed; whoever shows it asks for it again.
//
// The stream opens with the first who wants to know and stays open while pages come and go. The browser mends a
// connection that breaks; one that was refused (a proxy's 502, a box that starts) is opened anew, a little later
// each time. What changed meanwhile was not said, so all are called back once it is open again.
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
  /** The stream was broken off: something may have changed that nobody heard of. */
  private broken = false;

  /** Calls back whenever `what` changed; gives the way to stop. */
  subscribe(what: string, then: () => void): () => void {
    const listener = { what, then };
    this.listeners.add(listener);
    if (!this.source && this.timer === undefined) this.open();
    return () => void this.listeners.delete(listener);
  }

  /** Nobody is signed in any more: the stream was theirs. */
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
      if (this.broken) this.tell("all");
      this.broken = false;
    });
    source.addEventListener("changed", (event) => this.tell(event.data));
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
    // With nobody listening the next one who does opens it.
    if (this.listeners.size > 0) this.open();
  }

  private tell(what: string) {
    for (const listener of [...this.listeners])
      if (this.listeners.has(listener) && (what === "all" || what === listener.what))
        listener.then();
  }
}

/** The page's own stream. */
export const events = new Events();
export const onChange = (what: string, then: () => void) => events.subscribe(what, then);
