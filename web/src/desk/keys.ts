// One table of keys. It feeds the handler, the key printed on each control, and the overlay.

export type Action =
  | { do: "play" }
  | { do: "call" }
  | { do: "seek"; ms: number }
  /** Plays from there: no key does this, a comment does. */
  | { do: "go"; ms: number }
  | { do: "rate"; step: number }
  | { do: "volume"; step: number }
  | { do: "comment" }
  | { do: "unheard" }
  | { do: "skip" }
  | { do: "lanes" }
  | { do: "stamp"; row: number }
  | { do: "fail"; row: number }
  | { do: "answer"; letter: number }
  /** Without a row it is the marked one; so of a clip. */
  | { do: "na"; row?: number }
  | { do: "move"; step: number }
  | { do: "words" }
  | { do: "clip"; loop: boolean; row?: number }
  /** Without a place it is the playhead. */
  | { do: "edge"; edge: "from" | "to"; now?: number }
  | { do: "nudge"; edge: "from" | "to"; by: number }
  | { do: "remove" }
  | { do: "undo" }
  | { do: "redo" }
  | { do: "enter" }
  | { do: "back" }
  | { do: "next" }
  | { do: "skip-item" }
  | { do: "pause" }
  | { do: "keys" }
  | { do: "leave" };

interface Entry {
  group: "Play" | "Answer" | "Evidence" | "Claim";
  shown: string[];
  says: string;
  /** With Ctrl, or Cmd: everything else leaves such chords to the browser. */
  chord?: true;
  match: (e: KeyLike) => Action | undefined;
}
export interface KeyLike {
  key: string;
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

const char = (wanted: string, action: Action) => (e: KeyLike) =>
  e.key.toLowerCase() === wanted.toLowerCase() ? action : undefined;
/** Digits match by position, so that shifted ones are found on every layout. */
const digit = (e: KeyLike) => /^(?:Digit|Numpad)([0-9])$/.exec(e.code)?.[1];

const NUDGE_MS = 250;
/** Brackets by position: on many layouts their characters need a chord. */
function nudge(e: KeyLike, shift: boolean, edge: "from" | "to"): Action | undefined {
  if (e.shiftKey !== shift) return undefined;
  if (e.code === "BracketLeft" || e.key === "[" || e.key === "{")
    return { do: "nudge", edge, by: -NUDGE_MS };
  if (e.code === "BracketRight" || e.key === "]" || e.key === "}")
    return { do: "nudge", edge, by: NUDGE_MS };
  return undefined;
}

export const KEYS: Entry[] = [
  { group: "Play", shown: ["Space"], says: "play, pause", match: char(" ", { do: "play" }) },
  {
    group: "Play",
    shown: ["J", "L"],
    says: "10 s back, on",
    match: (e) =>
      char("j", { do: "seek", ms: -10_000 })(e) ?? char("l", { do: "seek", ms: 10_000 })(e),
  },
  {
    group: "Play",
    shown: ["←", "→"],
    says: "5 s back, on",
    match: (e) =>
      char("ArrowLeft", { do: "seek", ms: -5_000 })(e) ??
      char("ArrowRight", { do: "seek", ms: 5_000 })(e),
  },
  {
    group: "Play",
    shown: [",", "."],
    says: "slower, faster (0.5× to 2×)",
    match: (e) =>
      char(",", { do: "rate", step: -0.25 })(e) ?? char(".", { do: "rate", step: 0.25 })(e),
  },
  {
    group: "Play",
    shown: ["-", "+"],
    says: "quieter, louder",
    match: (e) =>
      char("-", { do: "volume", step: -0.1 })(e) ??
      char("+", { do: "volume", step: 0.1 })(e) ??
      char("=", { do: "volume", step: 0.1 })(e),
  },
  {
    group: "Play",
    shown: ["U"],
    says: "on to speech that you have not heard",
    match: char("u", { do: "unheard" }),
  },
  {
    group: "Play",
    shown: ["S"],
    says: "skip silence and ringing",
    match: char("s", { do: "skip" }),
  },
  {
    group: "Play",
    shown: ["V"],
    says: "the claim’s next call, where it has several",
    match: char("v", { do: "call" }),
  },
  {
    group: "Play",
    shown: ["G"],
    says: "lanes: both, telemarketer, prospect",
    match: char("g", { do: "lanes" }),
  },
  {
    group: "Answer",
    shown: ["1", "…", "9"],
    says: "mark the row and stamp it at the playhead",
    match: (e) => {
      const d = digit(e);
      return d && d !== "0" && !e.shiftKey ? { do: "stamp", row: Number(d) - 1 } : undefined;
    },
  },
  {
    group: "Answer",
    shown: ["A", "…", "E"],
    says: "answer of the marked row",
    match: (e) =>
      /^[a-e]$/i.test(e.key)
        ? { do: "answer", letter: e.key.toLowerCase().charCodeAt(0) - 97 }
        : undefined,
  },
  {
    group: "Answer",
    shown: ["⇧1", "…", "⇧9"],
    says: "fail the row, then a digit for the reason",
    match: (e) => {
      const d = digit(e);
      return d && d !== "0" && e.shiftKey ? { do: "fail", row: Number(d) - 1 } : undefined;
    },
  },
  {
    group: "Answer",
    shown: ["0"],
    says: "does not apply, where allowed",
    match: (e) => (digit(e) === "0" ? { do: "na" } : undefined),
  },
  {
    group: "Answer",
    shown: ["↑", "↓"],
    says: "row above, below",
    match: (e) =>
      char("ArrowUp", { do: "move", step: -1 })(e) ?? char("ArrowDown", { do: "move", step: 1 })(e),
  },
  {
    group: "Answer",
    shown: ["T"],
    says: "write the pain; Esc returns",
    match: char("t", { do: "words" }),
  },
  {
    group: "Evidence",
    shown: ["P"],
    says: "play the marked row’s clip",
    match: (e) => (e.shiftKey ? undefined : char("p", { do: "clip", loop: false })(e)),
  },
  {
    group: "Evidence",
    shown: ["⇧P"],
    says: "loop it",
    match: (e) => (e.shiftKey ? char("p", { do: "clip", loop: true })(e) : undefined),
  },
  {
    group: "Evidence",
    shown: ["I", "O"],
    says: "clip starts, ends here",
    match: (e) =>
      char("i", { do: "edge", edge: "from" })(e) ?? char("o", { do: "edge", edge: "to" })(e),
  },
  {
    group: "Evidence",
    shown: ["[", "]"],
    says: "clip starts ¼ s earlier, later",
    match: (e) => nudge(e, false, "from"),
  },
  {
    group: "Evidence",
    shown: ["⇧[", "⇧]"],
    says: "clip ends ¼ s earlier, later",
    match: (e) => nudge(e, true, "to"),
  },
  { group: "Evidence", shown: ["X"], says: "remove the clip", match: char("x", { do: "remove" }) },
  {
    group: "Evidence",
    shown: ["M"],
    says: "comment on what was just said",
    match: char("m", { do: "comment" }),
  },
  {
    group: "Answer",
    shown: ["Ctrl Z"],
    says: "undo the last change",
    chord: true,
    match: (e) => (e.shiftKey ? undefined : char("z", { do: "undo" })(e)),
  },
  {
    group: "Answer",
    shown: ["Ctrl ⇧Z"],
    says: "do it again",
    chord: true,
    match: (e) => (e.shiftKey ? char("z", { do: "redo" })(e) : undefined),
  },
  {
    group: "Claim",
    shown: ["Enter"],
    says: "on to what is missing; then show the verdict; again: give it",
    match: char("Enter", { do: "enter" }),
  },
  {
    group: "Claim",
    shown: ["Z"],
    says: "take the verdict back, for ten seconds",
    match: char("z", { do: "back" }),
  },
  { group: "Claim", shown: ["N"], says: "next claim", match: char("n", { do: "next" }) },
  {
    group: "Claim",
    shown: ["Q"],
    says: "skip the claim, with a reason, and take the next",
    match: char("q", { do: "skip-item" }),
  },
  {
    group: "Claim",
    shown: ["W"],
    says: "pause: the claim goes back, nothing is taken",
    match: char("w", { do: "pause" }),
  },
  { group: "Claim", shown: ["?"], says: "these keys", match: char("?", { do: "keys" }) },
  {
    group: "Claim",
    shown: ["Esc"],
    says: "leave a box, close a dialog",
    match: char("Escape", { do: "leave" }),
  },
];

const OFF = "assay.single-keys";
/** Single keys can be switched off, for those whose voice or hand presses them unasked (WCAG 2.1.4); Space, Enter, Escape and arrows stay. */
export const singleKeys = {
  on: () => typeof localStorage === "undefined" || localStorage.getItem(OFF) !== "off",
  set: (on: boolean) => localStorage.setItem(OFF, on ? "on" : "off"),
};

export function action(e: KeyLike): Action | undefined {
  const chord = e.ctrlKey || e.metaKey;
  if (e.altKey) return undefined;
  if (!chord && e.key.length === 1 && e.key !== " " && !singleKeys.on()) return undefined;
  for (const entry of KEYS) {
    const found = chord === (entry.chord ?? false) ? entry.match(e) : undefined;
    if (found) return found;
  }
  return undefined;
}
