// Keeps on the box what was answered (PRODUCT R14): shortly after each change, at once when the page goes, and again
// until it is there. One request at a time, so that none overtakes the one before. Until the box has it, this tab has
// it too, for a page that is loaded again meanwhile.
import type { Draft, Kept, Problem, Result, Review } from "../api";
import { type Mirror, mirror } from "../parts/mirror";
import type { Saved } from "./state";

const AFTER_MS = 600;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** What the box may not have yet. */
export interface Unsaved {
  draft: Draft;
  /** The last revision that this page knew. */
  revision: number;
  /** Sent before, and not known to be on the box. */
  unsure: Draft[];
}
export const inTab = (item: string) => mirror<Unsaved>(`review.${item}`);

/** What was answered in this tab and did not reach the box, unless the box has something newer from elsewhere. */
export function unsaved(review: Review): Draft | undefined {
  const left = inTab(review.id).get();
  if (!left || same(left.draft, review.draft)) return undefined;
  const newest =
    left.revision === review.draft_revision || left.unsure.some((d) => same(d, review.draft));
  return newest ? left.draft : undefined;
}

interface Parts {
  tab: Mirror<Unsaved>;
  send: (revision: number, draft: Draft) => Promise<Result<Kept>>;
  /** What the box has now, where it can be asked. */
  current: () => Promise<{ revision: number; draft: Draft | null } | undefined>;
  shown: (saved: Saved) => void;
  kept: (until: string) => void;
  /** The box does not take it from this page any more. */
  refused: (problem: Problem) => void;
}

export class Saver {
  /** The last that was answered. */
  private latest: Draft | undefined;
  /** What is to be sent. */
  private waiting: Draft | undefined;
  private onTheWay = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST_WAIT_MS;
  private at: number | null = null;
  /** Sent, with no answer yet or none at all: the box may have them. Oldest first. */
  private unsure: Draft[];
  private over = false;

  /** `revision` is the last that this page knows. */
  constructor(
    private revision: number,
    private readonly parts: Parts,
  ) {
    // What this tab sent before it was loaded again may still arrive.
    this.unsure = parts.tab.get()?.unsure ?? [];
  }

  /** Something was answered. */
  changed(draft: Draft) {
    if (this.over) return;
    this.latest = this.waiting = draft;
    this.keep();
    this.show("saving");
    this.after(AFTER_MS);
  }

  /** Saves what waits now, and returns when the box has answered. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.onTheWay === 0) await this.send(this.revision);
  }

  /** The page goes: what waits is sent, also past a request that is on its way. */
  leave() {
    void this.send(this.revision + this.onTheWay);
  }

  private async send(revision: number) {
    const draft = this.waiting;
    if (!draft || this.over) return;
    this.waiting = undefined;
    this.unsure = [...this.unsure.filter((d) => d !== draft), draft];
    this.keep();
    this.onTheWay += 1;
    const r = await this.parts.send(revision, draft);
    this.onTheWay -= 1;
    if (r.ok) this.took(r.value, draft);
    else await this.failed(r.problem, draft);
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
    if (this.waiting) this.after(this.wait);
  }

  private took({ revision, locked_until }: Kept, draft: Draft) {
    this.revision = Math.max(this.revision, revision);
    this.wait = FIRST_WAIT_MS;
    this.unsure = this.unsure.slice(this.unsure.indexOf(draft) + 1);
    this.at = Date.now();
    this.keep();
    this.parts.kept(locked_until);
    if (this.over) return;
    this.show(this.waiting ? "saving" : "saved");
    if (this.waiting) this.after(0);
  }

  private async failed(problem: Problem, draft: Draft) {
    // What was answered since is newer.
    this.waiting ??= this.latest;
    const refused = !passing(problem);
    if (refused) this.unsure = this.unsure.filter((d) => d !== draft);
    this.keep();
    // The answer to the one before says how it goes on.
    if (this.over || (refused && this.onTheWay > 0)) return;
    if (refused) return this.settle(problem, draft);
    this.show("unsaved", `${reason(problem)}, trying again`);
    this.after(this.wait);
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  }

  /** The box refuses it. Where another draft is newer, that may be this tab's own, whose answer was lost. */
  private async settle(problem: Problem, refused: Draft) {
    const now = isOtherTab(problem) && (await this.parts.current());
    if (now && [...this.unsure, refused].some((draft) => same(draft, now.draft))) {
      this.revision = now.revision;
      this.unsure = [];
      return this.after(0);
    }
    if (this.over) return;
    this.show("unsaved", problem.title);
    this.over = true;
    this.parts.refused(problem);
  }

  /** Leaves in this tab what the box may not have. */
  private keep() {
    const { tab } = this.parts;
    const draft = this.waiting ?? this.unsure.at(-1);
    if (draft) tab.put({ draft, revision: this.revision, unsure: this.unsure });
    else tab.drop();
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

/** The box did not take it now, and may take it later. */
const passing = ({ status }: Problem) =>
  status === 0 || status === 408 || status === 429 || status >= 500;

const reason = ({ status }: Problem) => (status === 0 ? "no connection" : "the box is busy");
