// An event stream that a test opens, breaks and speaks on.

type Heard = (event: { data: string }) => void;

export class FakeEventSource {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  /** All that were made in this test, oldest first. */
  static all: FakeEventSource[] = [];
  static get last(): FakeEventSource {
    const last = FakeEventSource.all.at(-1);
    if (!last) throw new Error("no stream was opened");
    return last;
  }

  readyState = FakeEventSource.CONNECTING;
  private readonly heard = new Map<string, Heard[]>();

  constructor(readonly url: string) {
    FakeEventSource.all.push(this);
  }

  addEventListener(kind: string, then: Heard) {
    this.heard.set(kind, [...(this.heard.get(kind) ?? []), then]);
  }

  close() {
    this.readyState = FakeEventSource.CLOSED;
  }

  /** The connection stands. */
  opens() {
    this.readyState = FakeEventSource.OPEN;
    this.say("open");
  }

  changed(what: string) {
    this.say("changed", what);
  }

  /** It breaks off: the browser tries again by itself, or has given up. */
  breaks(forGood = false) {
    this.readyState = forGood ? FakeEventSource.CLOSED : FakeEventSource.CONNECTING;
    this.say("error");
  }

  private say(kind: string, data = "") {
    for (const then of this.heard.get(kind) ?? []) then({ data });
  }
}
