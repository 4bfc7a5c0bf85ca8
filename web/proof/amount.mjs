// How an entry's amount follows from its plan: FORMAT.md §8.

import { blame, field, int, members, text } from "./chain.mjs";
import { nameOf } from "./document.mjs";

/** @typedef {import("./chain.mjs").Chain} Chain */
/** @typedef {import("./json.mjs").JsonObject} JsonObject */
/** @typedef {(why: string) => never} Fail */

const MAX_AMOUNT = 10 ** 13;
const MAX_STEPS = 16;

/** @param {number | undefined} value @returns {value is number} */
const isAmount = (value) => value !== undefined && value >= 0 && value <= MAX_AMOUNT;

/**
 * Computes the amounts of all entries again.
 * @param {Chain} chain
 * @returns {string[]} a line in words for each
 * @throws {import("./bytes.mjs").Broken} the first that does not follow from its plan
 */
export function checkAmounts(chain) {
  const entries = chain.opened.filter(({ kind }) => kind === "ledger_entry");
  return entries.map((item) => {
    const fail = blame("amount", item);
    const amount = int(item.content, "amount") ?? fail("'amount' is not an integer");
    const follows = expected(item.content, fail, chain);
    if (amount !== follows) fail(`the amount is ${amount}, but ${follows} follows`);
    return `${nameOf(item)}: the amount ${amount} follows from its plan`;
  });
}

/**
 * @param {JsonObject} entry
 * @param {Fail} fail
 * @param {Chain} chain
 * @returns {number}
 */
function expected(entry, fail, chain) {
  if (entry.entry_kind === "accrual") return owed(entry, fail, chain);
  const taken = chain.follow(entry, "corrects", "ledger_entry");
  const corrected = taken && int(taken, "amount");
  if (corrected === undefined) return fail("the entry that it corrects has no amount");
  if (entry.entry_kind === "correction") return owed(entry, fail, chain) - corrected;
  if (field(entry, "arithmetic") !== undefined) fail("a reversal has no arithmetic");
  return 0 - corrected;
}

/**
 * @param {JsonObject} entry
 * @param {Fail} fail
 * @param {Chain} chain
 * @returns {number}
 */
function owed(entry, fail, chain) {
  const plan = chain.follow(entry, "plan", "plan") ?? fail("the plan is not here");
  const base = int(plan, "amount");
  if (!isAmount(base)) return fail("the plan's 'amount' is not an amount");
  if (field(entry, "arithmetic") === undefined) return base;
  return evaluate(members(entry, "arithmetic", fail), plan, base, fail);
}

/**
 * @param {JsonObject[]} steps
 * @param {JsonObject} plan
 * @param {number} base the plan's amount
 * @param {Fail} fail
 * @returns {number}
 */
function evaluate([first, ...steps], plan, base, fail) {
  if (first === undefined) return fail("'arithmetic' has no steps");
  if (steps.length >= MAX_STEPS) fail(`'arithmetic' has more than ${MAX_STEPS} steps`);
  only(first, ["what", "amount"], fail);
  if (first.what !== "plan" || first.amount !== base) {
    fail("'arithmetic' does not begin with the plan's amount");
  }
  return steps.reduce((amount, step) => {
    const take = STEPS.get(text(step, "what") ?? "") ?? fail("a step is not tier, split or cap");
    const next = take(step, plan, amount, fail);
    return isAmount(next) ? next : fail("a step leads beyond all amounts");
  }, base);
}

/** @typedef {(step: JsonObject, plan: JsonObject, amount: number, fail: Fail) => number} Step */

/** @type {Map<string, Step>} */
const STEPS = new Map([
  ["tier", tier],
  ["split", split],
  ["cap", cap],
]);

/** @type {Step} */
function tier(step, plan, _amount, fail) {
  only(step, ["what", "from", "amount"], fail);
  const [from, amount] = [number(step, "from", fail), number(step, "amount", fail)];
  const tiers = members(plan, "tiers", fail);
  if (!tiers.some((one) => one.from === from && one.amount === amount)) {
    fail(`the plan has no tier of ${amount} from ${from}`);
  }
  return amount;
}

/** @type {Step} */
function split(step, plan, amount, fail) {
  only(step, ["what", "per_mille", "rest"], fail);
  const [perMille, rest] = [number(step, "per_mille", fail), number(step, "rest", fail)];
  const splits = members(plan, "splits", fail);
  if (perMille > 1000 || !splits.some((one) => one.per_mille === perMille)) {
    fail(`the plan has no split of ${perMille} per mille`);
  }
  if (rest >= splits.length) fail("'rest' is more than rounding can leave over");
  // The product may pass 2^53.
  return Number((BigInt(amount) * BigInt(perMille)) / 1000n) + rest;
}

/** @type {Step} */
function cap(step, plan, amount, fail) {
  only(step, ["what", "cap", "before"], fail);
  const [most, before] = [number(step, "cap", fail), number(step, "before", fail)];
  if (plan.cap !== most) fail(`the plan has no cap of ${most}`);
  return Math.min(amount, Math.max(most - before, 0));
}

/**
 * A step's number, which is 0 where it is not written.
 * @param {JsonObject} step
 * @param {string} name
 * @param {Fail} fail
 * @returns {number}
 */
function number(step, name, fail) {
  if (field(step, name) === undefined) return 0;
  const value = int(step, name);
  return isAmount(value) ? value : fail(`'${name}' of a step is not a number from 0 to 10^13`);
}

/**
 * @param {JsonObject} step
 * @param {string[]} known
 * @param {Fail} fail
 */
function only(step, known, fail) {
  const unknown = Object.keys(step).find((key) => !known.includes(key));
  if (unknown !== undefined) fail(`a step has the unknown '${unknown}'`);
}
