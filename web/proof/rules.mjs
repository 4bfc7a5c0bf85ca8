// What must hold beyond the tables: FORMAT.md §7.

import { toHex, utf8 } from "./bytes.mjs";
import { blame, field, int, members, scopes, text } from "./chain.mjs";
import { sha256 } from "./sha2.mjs";
import { KINDS } from "./tables.mjs";

/** @typedef {import("./chain.mjs").Chain} Chain */
/** @typedef {import("./json.mjs").JsonObject} JsonObject */
/** @typedef {(why: string) => never} Fail */
/** @typedef {(record: JsonObject, fail: Fail, chain: Chain) => void} Rule */

/** @type {{ [kind: string]: Rule[] }} */
const RULES = {
  ledger_entry: [
    hasAKnownKind,
    paysTheClaimant,
    wasPassed,
    planWasRead,
    takesAnAccrualBack,
    hasAReason,
  ],
  verdict: [heardSomething, clipsLieInWhatWasHeard],
  second_review: [clipsLieInWhatWasHeard],
  ruling: [fraudIsSaidByTwo],
  checklist_version: [bodyHasItsHash],
};

/**
 * Checks every record by the rules of its kind.
 * @param {Chain} chain
 * @throws {import("./bytes.mjs").Broken} the first rule that is broken
 */
export function checkRules(chain) {
  for (const item of chain.opened) {
    const fail = blame("agreement", item);
    const rules = [...(RULES[item.kind] ?? []), restsOnTheseCommitments];
    for (const rule of rules) rule(item.content, fail, chain);
  }
}

/** @type {Rule} */
function hasAKnownKind(entry, fail) {
  const known = ["accrual", "reversal", "correction"].includes(text(entry, "entry_kind") ?? "");
  if (!known) fail("'entry_kind' is not accrual, reversal or correction");
}

/** @type {Rule} */
function paysTheClaimant(entry, fail, chain) {
  const payee = text(entry, "payee") ?? fail("has no 'payee'");
  const claim = chain.follow(entry, "claim", "claim");
  if (!claim || entry.entry_kind === "reversal") return;
  const split = members(entry, "arithmetic", fail).some((step) => step.what === "split");
  const shares = Array.isArray(claim.shared_with) && claim.shared_with.includes(payee);
  if (claim.claimant !== payee && !(split && shares)) {
    fail("'payee' is not the claimant, nor one who shares a split commission");
  }
}

/** @type {Rule} */
function wasPassed(entry, fail, chain) {
  if (entry.entry_kind !== "accrual") return;
  const verdict = chain.follow(entry, "verdict", "verdict");
  if (!verdict || verdict.passed === true) return;
  const second = chain.item("second_review", text(entry, "second_review"));
  const overturned = second && (!second.content || second.content.passed === true);
  if (!overturned) fail("the verdict did not pass, and no second review passed");
}

/** @type {Rule} */
function planWasRead(entry, fail, chain) {
  if (entry.entry_kind === "reversal") return;
  const bookedAt = int(entry, "booked_at");
  const read = chain.opened.some(({ kind, content }) => {
    const at = int(content, "at");
    return (
      kind === "plan_ack" &&
      text(content, "plan") === text(entry, "plan") &&
      text(content, "payee") === text(entry, "payee") &&
      at !== undefined &&
      bookedAt !== undefined &&
      at <= bookedAt
    );
  });
  if (!read) fail("no plan_ack shows that the payee had read the plan before");
}

/** @type {Rule} */
function takesAnAccrualBack(entry, fail, chain) {
  if (entry.entry_kind !== "reversal") return;
  const taken = chain.follow(entry, "corrects", "ledger_entry");
  if (taken?.entry_kind !== "accrual") fail("a reversal takes back an accrual");
}

/** @type {Rule} */
function hasAReason(entry, fail, chain) {
  if (entry.entry_kind !== "reversal") return;
  const reason = text(entry, "reason") ?? "";
  if (!["overturned", "duplicate", "fraud"].includes(reason)) {
    fail("'reason' is not overturned, duplicate or fraud");
  }
  const second = chain.follow(entry, "second_review", "second_review");
  if (reason === "overturned" && second && second.passed !== false) {
    fail("the second review did not overturn the verdict");
  }
}

/** @type {Rule} */
function heardSomething(verdict, fail) {
  if (members(verdict, "recordings", fail).length === 0) fail("names no recording");
}

/** @type {Rule} */
function clipsLieInWhatWasHeard(verdict, fail) {
  const heard = members(verdict, "recordings", fail).map((one) => text(one, "recording"));
  for (const clip of scopes(verdict, "answers[].clips[]", fail)) {
    const from = int(clip, "from_ms");
    const to = int(clip, "to_ms");
    if (from === undefined || to === undefined || from < 0 || from >= to) {
      fail("an evidence clip does not run from a moment to a later one");
    }
    if (!heard.includes(text(clip, "recording"))) {
      fail("an evidence clip is of a recording that was not judged");
    }
  }
}

/** @type {Rule} */
function fraudIsSaidByTwo(ruling, fail) {
  if (ruling.ruling_kind !== "fraud") return;
  const one = text(ruling, "ruled_by");
  const other = text(ruling, "confirmed_by");
  if (one === undefined || other === undefined || one === other) {
    fail("fraud is ruled by one and confirmed by another");
  }
}

/** @type {Rule} */
function bodyHasItsHash(version, fail) {
  const body = text(version, "body");
  if (body !== undefined && version.sha256 !== toHex(sha256(utf8(body)))) {
    fail("'sha256' is not the hash of 'body'");
  }
}

/** @type {Rule} */
function restsOnTheseCommitments(record, fail, chain) {
  for (const other of members(record, "rests_on", fail)) {
    const kind = text(other, "kind") ?? "";
    const subject = text(other, "subject");
    if (!KINDS.includes(kind) || subject === undefined)
      fail("'rests_on' names no kind and subject");
    const item = chain.item(kind, subject);
    if (item && field(other, "commitment") !== item.commitment) {
      fail(`rests on another ${kind} ${subject}`);
    }
  }
}
