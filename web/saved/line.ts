// What is found about a saved statement.
import type { Entry, Money } from "../src/api";
import type { Saved } from "./data";
import type { Records } from "./proved";

/** One line, checked. */
export interface Line {
  /** As the log has it, or as the statement does where nothing is proved. */
  entry: Entry;
  /**
   * `unsealed`: no proof yet, and too young to have one; `unchecked`: there is no key to check by;
   * `elsewhere`: another part of the statement proves it.
   */
  state: "proved" | "unsealed" | "broken" | "unchecked" | "elsewhere";
  /** The part that proves it, where that is another. */
  part?: number;
  /** Why it does not hold, first things first. */
  faults: string[];
  /** What the verifier said, for whoever looks into it. */
  detail: string[];
  /** The records behind it, where its proof holds. */
  records?: Records;
}

export interface Fault {
  /** The line that it is about; the statement as a whole without. */
  line?: string;
  why: string;
}

export interface Checked {
  saved: Saved;
  lines: Line[];
  /** All that does not hold: the log first, then line by line, then the whole. */
  faults: Fault[];
  /** Leaves in the log by the checkpoint at the foot; nothing where that does not hold. */
  leaves: number | undefined;
  /** What the month’s lines come to, added up here. */
  sum: Money[];
  /** What of it is taken back. */
  takenBack: Money[];
}
