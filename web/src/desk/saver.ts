// Keeps on the box what was answered (PRODUCT R14): shortly after each change, at once when the page goes, and again
// until it is there. One request at a time, so that none overtakes the one before.
import type { Draft, Kept, Problem, Result } from "../api";
import type { Saved } from "./state";

const AFTER_MS = 600;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

interface Parts {
  send: (revision: number, draft: Draft) => Promise<Result<Kept>>;
  /** What the box has now, where it can be asked. */
  current: () => Promise<{ revision: number; draft: Draft | null } | undefined>;
  shown: (saved: Saved) => void;
  kept: (until: string) => void;
  /** The box does not take it from this page any more. */
  refused: (problem: Problem) => void;
}

export class Saver {
  /** What is not on the box yet. */
  private waiting: Draft | undefined;
  private sending = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST_WAIT_MS;
  private at: number | null = null;
  /** Sent without an answer: the box may have them all the same. */
  private unsure: Draft[] = [];
  private over = false;

  /** `revision` is the last that this page knows. */
  constructor(
    private revision: number,
    private readonly parts: Parts,
  ) {}

  /** Something was answered. */
  changed(draft: Draft) {
    if (this.over) return;
    this.waiting = draft;
    this.show("saving");
    this.after(AFTER_MS);
  }

  /** Saves what waits now, and returns when the box has answered. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.waiting || this.sending || this.over) return;
    const draft = this.waiting;
    this.waiting = undefined;
    this.sending = true;
    const r = await this.parts.send(this.revision, draft);
    this.sending = false;
    if (r.ok) this.took(r.value);
    else this.failed(r.problem, draft);
  }

  /** The page goes: what waits is sent, also past a request that is on its way. */
  leave() {
    if (!this.sending) return void this.flush();
    const draft = this.waiting;
    if (!draft || this.over) return;
    this.waiting = undefined;
    void this.parts.send(this.revision + 1, draft).then((r) => {
      if (r.ok) this.took(r.value);
      else this.failed(r.problem, draft);
    });
  }

  /** The item is over or went elsewhere: nothing is saved any more. */
  stop() {
    clearTimeout(this.timer);
    this.over = true;
  }

  /** It is at work here again: the verdict was refused, or taken back. */
  resume(revision = this.revision) {
    this.revision = revision;
    this.over = false;
  }

  private took({ revision, locked_until }: Kept) {
    this.revision = Math.max(this.revision, revision);
    this.wait = FIRST_WAIT_MS;
    this.unsure = [];
    this.at = Date.now();
    this.parts.kept(locked_until);
    if (this.over) return;
    this.show(this.waiting ? "saving" : "saved");
    if (this.waiting) this.after(0);
  }

  private failed(problem: Problem, draft: Draft) {
    if (this.over) return;
    // What was answered since is newer.
    this.waiting ??= draft;
    if (problem.status !== 0 && problem.status < 500) return void this.settle(problem);
    this.unsure.push(draft);
    this.show("unsaved", `${reason(problem)}, trying again`);
    this.after(this.wait);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  }

  /** The box refuses it. Where it is another's draft that is newer, that may be this page's own, whose answer was lost. */
  private async settle(problem: Problem) {
    const now = isOtherTab(problem) && this.unsure.length > 0 && (await this.parts.current());
    if (now && this.unsure.some((draft) => same(draft, now.draft))) {
      this.revision = now.revision;
      this.unsure = [];
      return this.after(0);
    }
    this.show("unsaved", problem.title);
    this.over = true;
    this.parts.refused(problem);
  }

  private after(ms: number) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), ms);
  }

  private show(is: Saved["is"], why?: string) {
    this.parts.shown({ is, at: this.at, ...(why ? { why } : {}) });
  }
}

/** The draft was saved elsewhere since. */
export const isOtherTab = ({ status, title }: Problem) =>
  status === 409 && title === "Open in another tab";

/** Whether two values say the same, in whatever order their fields stand. */
function same(a: unknown, b: unknown): boolean {
  const sorted = (_: string, v: unknown) =>
    v && typeof v === "object" && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1)))
      : v;
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

const reason = ({ status }: Problem) => (status === 0 ? "no connection" : "the box is busy");
