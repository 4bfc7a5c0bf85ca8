// What must point at what in a bundle, and what must agree: FORMAT.md §5 and §6.

/**
 * Whether a field has to be there: always, only if it is there, or where the field of this name has
 * one of these words.
 * @typedef {true | false | { field: string, words: string[] }} Need
 */
/** @typedef {{ from: string, each: string, field: string, to: string, need: Need }} Link */
/** @typedef {"same" | "other" | "at_least" | "at_most"} Op */
/**
 * @typedef {{ from: string, each: string, via: string, to: string, ours: string, op: Op,
 *   theirs: string, both: boolean }} Agreement
 */

export const KINDS = [
  "ledger_entry",
  "verdict",
  "claim",
  "recording",
  "checklist_version",
  "plan",
  "plan_ack",
  "ruling",
  "period_act",
  "second_review",
  "claim_words",
  "log_line",
];

/** Kinds that a bundle may hold as erased. */
export const ERASABLE = [
  "verdict",
  "claim",
  "recording",
  "second_review",
  "claim_words",
  "log_line",
];

const TAKES_BACK = { field: "entry_kind", words: ["reversal", "correction"] };
const RULED = { field: "reason", words: ["duplicate", "fraud"] };
const DUPLICATE = { field: "ruling_kind", words: ["duplicate"] };
const OVERTURNED = { field: "reason", words: ["overturned"] };

/**
 * @param {string} way kind, list if any, field
 * @param {string} to
 * @param {Need} need
 * @returns {Link}
 */
function link(way, to, need) {
  const parts = way.split(" ");
  const [from, each, field] = parts.length === 3 ? parts : [parts[0], "", parts[1]];
  return { from, each, field, to, need };
}

export const LINKS = [
  link("ledger_entry claim", "claim", true),
  link("ledger_entry verdict", "verdict", true),
  link("ledger_entry checklist_version", "checklist_version", true),
  link("ledger_entry plan", "plan", true),
  link("ledger_entry corrects", "ledger_entry", TAKES_BACK),
  link("ledger_entry ruling", "ruling", RULED),
  link("ledger_entry second_review", "second_review", OVERTURNED),
  link("verdict claim", "claim", true),
  link("verdict checklist_version", "checklist_version", true),
  link("verdict recordings[] recording", "recording", true),
  link("verdict answers[].clips[] recording", "recording", true),
  link("claim plan", "plan", false),
  link("claim checklist_version", "checklist_version", false),
  link("claim recordings[] recording", "recording", true),
  link("plan_ack plan", "plan", true),
  link("ruling claim", "claim", true),
  link("ruling same_as", "claim", DUPLICATE),
  link("second_review claim", "claim", false),
  link("second_review verdict", "verdict", false),
  link("second_review recordings[] recording", "recording", true),
  link("second_review answers[].clips[] recording", "recording", true),
];

/**
 * The rows of one link.
 * @param {string} way as of a link
 * @param {string} to
 * @param {...string} rows `ours op theirs`, and `perhaps` where either may be missing
 * @returns {Agreement[]}
 */
function agree(way, to, ...rows) {
  const { from, each, field: via } = link(way, to, true);
  return rows.map((row) => {
    const [ours, op, theirs, perhaps] = row.split(" ");
    return { from, each, via, to, ours, op: /** @type {Op} */ (op), theirs, both: !perhaps };
  });
}

export const AGREEMENTS = [
  ...agree(
    "ledger_entry claim",
    "claim",
    "lead same lead",
    "campaign same campaign",
    "plan same plan perhaps",
    "checklist_version same checklist_version perhaps",
    "booked_at at_least made_at",
  ),
  ...agree(
    "ledger_entry verdict",
    "verdict",
    "claim same claim",
    "checklist_version same checklist_version",
    "payee other reviewer",
    "booked_at at_least committed_at",
  ),
  ...agree(
    "ledger_entry plan",
    "plan",
    "campaign same campaign",
    "currency same currency",
    "plan_version same version perhaps",
    "booked_at at_least approved_at",
  ),
  ...agree(
    "ledger_entry corrects",
    "ledger_entry",
    "payee same payee",
    "lead same lead",
    "campaign same campaign",
    "claim same claim",
    "currency same currency",
    "booked_at at_least booked_at",
  ),
  ...agree(
    "ledger_entry ruling",
    "ruling",
    "claim same claim",
    "reason same ruling_kind",
    "booked_at at_least ruled_at",
  ),
  ...agree(
    "ledger_entry second_review",
    "second_review",
    "claim same claim",
    "booked_at at_least decided_at perhaps",
  ),
  ...agree(
    "verdict claim",
    "claim",
    "reviewer other claimant",
    "checklist_version same checklist_version perhaps",
    "committed_at at_least made_at",
  ),
  ...agree("verdict checklist_version", "checklist_version", "checklist_sha256 same sha256"),
  ...agree("verdict recordings[] recording", "recording", "sha256 same sha256"),
  ...agree("verdict answers[].clips[] recording", "recording", "to_ms at_most duration_ms"),
  ...agree("claim plan", "plan", "campaign same campaign perhaps"),
  ...agree("plan_ack plan", "plan", "at at_least approved_at"),
  ...agree("ruling claim", "claim", "lead same lead perhaps"),
  ...agree("second_review claim", "claim", "reviewer other claimant"),
  ...agree("second_review verdict", "verdict", "reviewer other reviewer"),
  ...agree("second_review recordings[] recording", "recording", "sha256 same sha256"),
  ...agree("second_review answers[].clips[] recording", "recording", "to_ms at_most duration_ms"),
];
