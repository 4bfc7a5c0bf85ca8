// What the key and the checkpoint of a saved statement are good for.
import { day } from "../src/format";
import type { Saved } from "./data";
import { el, fill, state } from "./dom";
import type { Checked } from "./line";
import { compareWith } from "./other";

const COMPARE =
  "This file proves that its lines are in the log with this key, word for word, with all that they rest on. It does not prove that the key is your box’s: compare it with the key on another statement of yours or of a colleague. All must be the same, letter by letter.";
const KEEP =
  "Keep this file: it is a witness. If the log is ever rewritten, what the box gives out later no longer fits the checkpoint above, and this file shows it.";
const NONE = "none yet: nothing had been sealed when this was saved";
/** What no record of the log holds. */
export const WORD =
  "By the box’s word alone stand: the payroll number, whether the month is closed, what all months come to and what of it is paid, payable or payable later, which run paid a line, that a line was taken back by one of another month, what is undecided, and the day of saving.";
const PROGRAM =
  "The check is made by a program in this file, and whoever changes a file can change its program. Trust a file that you saved yourself before one that somebody sent you.";

/** The log that all is proved in: its key, its checkpoint, and a place to compare them. */
export function foot({ saved, leaves }: Checked): HTMLElement {
  const size = leaves === undefined ? "" : `, ${leaves.toLocaleString()} records`;
  return el(
    "section",
    { class: "panel log", "aria-labelledby": "log" },
    el(
      "header",
      {},
      el("h2", { id: "log" }, "The log"),
      el("span", { class: "second" }, `as of ${day(saved.made_at, saved.statement.zone)}${size}`),
    ),
    el(
      "div",
      { class: "pad stack" },
      el("h3", {}, "Its key"),
      el("code", { class: "key" }, saved.log),
      el("p", {}, COMPARE),
      el("h3", {}, "Its checkpoint"),
      el(
        "pre",
        { class: "key", tabindex: 0, "aria-label": "Checkpoint" },
        saved.checkpoint?.trim() ?? NONE,
      ),
      el("p", {}, KEEP),
      comparing(saved),
      el("p", { class: "second" }, WORD),
      el("p", { class: "second" }, PROGRAM),
    ),
  );
}

/** Compares without the eye: what is pasted goes nowhere. */
function comparing(saved: Saved): HTMLElement {
  const pasted = el("textarea", { class: "in", rows: 3, id: "other", spellcheck: "false" });
  const answer = el("p", { role: "status" });
  const button = el("button", { class: "btn" }, "Compare");
  button.addEventListener("click", () => {
    const { shape, says } = compareWith(saved, pasted.value);
    fill(answer, state(shape, says));
  });
  const name = "Key or checkpoint of another statement, pasted here";
  return el(
    "div",
    { class: "stack compare screen-only" },
    el("label", { class: "field" }, el("span", {}, name), pasted),
    button,
    answer,
  );
}
