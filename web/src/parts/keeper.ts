// Keeps what somebody enters on the box: a moment after the last change, and again until it is in.

export type Kept = "untouched" | "saving" | "saved" | "trying" | "refused";
/** What became of one try: it is in, it may be tried again, or it never will be taken. */
export type Tried = "in" | "again" | "refused";

export const PAUSE_MS = 600;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

export class Keeper<T> {
  private next: { value: T } | undefined;
  private sending = false;
  private failing = false;
  private left = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST_WAIT_MS;

  constructor(
    private readonly send: (value: T) => Promise<Tried>,
    private readonly say: (kept: Kept) => void,
  ) {}

  put(value: T) {
    this.next = { value };
    this.say(this.failing ? "trying" : "saving");
    this.later(PAUSE_MS);
  }

  /** What is not known to be on the box. */
  get waiting(): T | undefined {
    return this.next?.value;
  }

  /** The form is left: what waits is sent now, once. */
  leave() {
    this.left = true;
    void this.run();
  }

  /** Nothing is to be kept any more. */
  stop() {
    clearTimeout(this.timer);
    this.left = true;
    this.next = undefined;
  }

  private later(ms: number) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.run(), ms);
  }

  private async run(): Promise<void> {
    clearTimeout(this.timer);
    const sent = this.next;
    if (!sent || this.sending) return;
    this.sending = true;
    const tried = await this.send(sent.value);
    this.sending = false;
    this.failing = tried === "again";
    if (!this.next) return;
    // Changed meanwhile: that is what is to be kept.
    if (this.next !== sent) return this.left ? this.run() : this.later(PAUSE_MS);
    if (this.failing) return this.again();
    this.next = undefined;
    this.wait = FIRST_WAIT_MS;
    this.say(tried === "in" ? "saved" : "refused");
  }

  private again() {
    if (this.left) return;
    this.say("trying");
    this.later(this.wait);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  }
}
