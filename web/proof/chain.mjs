// Follows a bundle's links and compares what must agree: FORMAT.md §5 and §6.

import { Broken } from "./bytes.mjs";
import { nameOf } from "./document.mjs";
import { canonical, isObject } from "./json.mjs";
import { AGREEMENTS, LINKS } from "./tables.mjs";

/** @typedef {import("./json.mjs").Json} Json */
/** @typedef {import("./json.mjs").JsonObject} JsonObject */
/** @typedef {import("./document.mjs").Bundle} Bundle */
/** @typedef {import("./document.mjs").Item} Item */
/** @typedef {Item & { content: JsonObject }} Opened */

/**
 * A field that is there; `null` counts as not there.
 * @param {JsonObject} object
 * @param {string} name
 * @returns {Exclude<Json, null> | undefined}
 */
export const field = (object, name) => object[name] ?? undefined;

/**
 * @param {JsonObject} object
 * @param {string} name
 */
export function text(object, name) {
  const value = object[name];
  return typeof value === "string" ? value : undefined;
}

/**
 * @param {JsonObject} object
 * @param {string} name
 */
export function int(object, name) {
  const value = object[name];
  return typeof value === "number" ? value : undefined;
}

/**
 * The objects of a list; none where it is not there.
 * @param {JsonObject} object
 * @param {string} name
 * @param {(why: string) => never} fail
 * @returns {JsonObject[]}
 */
export function members(object, name, fail) {
  const list = field(object, name);
  if (list === undefined) return [];
  if (Array.isArray(list) && list.every(isObject)) return list;
  return fail(`'${name}' is not a list of objects`);
}

/**
 * The members of the lists that `each` leads to; the record itself if it is empty.
 * @param {JsonObject} record
 * @param {string} each as `answers[].clips[]`
 * @param {(why: string) => never} fail
 */
export function scopes(record, each, fail) {
  const names = each.split(".").filter((part) => part !== "");
  return names.reduce(
    (found, name) => found.flatMap((object) => members(object, name.slice(0, -2), fail)),
    [record],
  );
}

/**
 * Whom to blame.
 * @param {string} fault
 * @param {Item} item
 */
export function blame(fault, item) {
  /** @param {string} why @returns {never} */
  return (why) => {
    throw new Broken(fault, nameOf(item), why);
  };
}

/** A bundle's items by kind and subject. */
export class Chain {
  /** @param {Bundle} bundle */
  constructor(bundle) {
    this.bundle = bundle;
    this.items = new Map(bundle.items.map((item) => [nameOf(item), item]));
    /** Items that are not erased. */
    this.opened = /** @type {Opened[]} */ (bundle.items.filter((item) => item.content));
  }

  /**
   * @param {string} kind
   * @param {string | undefined} subject
   */
  item(kind, subject) {
    return subject === undefined ? undefined : this.items.get(`${kind} ${subject}`);
  }

  /**
   * The record that a field names, if it is here and not erased.
   * @param {JsonObject} from
   * @param {string} name
   * @param {string} kind
   */
  follow(from, name, kind) {
    return this.item(kind, text(from, name))?.content;
  }
}

/**
 * Follows all links.
 * @param {Chain} chain
 * @returns {string[]} a line in words for each
 * @throws {Broken} the first that leads nowhere
 */
export function followLinks(chain) {
  /** @type {Set<string>} */
  const lines = new Set();
  for (const item of chain.opened) {
    for (const link of LINKS.filter(({ from }) => from === item.kind)) {
      for (const target of targets(chain, item, link)) lines.add(wordsOfLink(item, target));
    }
  }
  return [...lines];
}

/**
 * @param {Chain} chain
 * @param {Opened} item
 * @param {import("./tables.mjs").Link} link
 * @returns {Item[]}
 */
function targets(chain, item, link) {
  const fail = blame("link", item);
  const { need } = link;
  const word = typeof need === "object" ? text(item.content, need.field) : undefined;
  const needed = typeof need === "object" ? need.words.includes(word ?? "") : need;
  return scopes(item.content, link.each, fail).flatMap((scope) => {
    const subject = field(scope, link.field);
    if (subject === undefined) return needed ? fail(`has no '${link.field}'`) : [];
    if (typeof subject !== "string") return fail(`'${link.field}' is not a text`);
    return chain.item(link.to, subject) ?? fail(`names the ${link.to} ${subject}, not here`);
  });
}

/**
 * @param {Item} item
 * @param {Item} target
 */
function wordsOfLink(item, target) {
  const erased = target.content ? "" : " (erased: only its place in the log is proved)";
  return `${nameOf(item)} rests on ${nameOf(target)}, leaf ${target.leaf}${erased}`;
}

/**
 * Compares all fields that must agree, except with items that are erased.
 * @param {Chain} chain
 * @throws {Broken} the first two that do not
 */
export function compare(chain) {
  for (const item of chain.opened) {
    const fail = blame("agreement", item);
    for (const row of AGREEMENTS.filter(({ from }) => from === item.kind)) {
      for (const scope of scopes(item.content, row.each, fail)) {
        const target = chain.follow(scope, row.via, row.to);
        if (target && !agrees(row, scope, target)) {
          fail(`'${row.ours}' does not agree with '${row.theirs}' of ${row.to} ${target.subject}`);
        }
      }
    }
  }
}

/**
 * @param {import("./tables.mjs").Agreement} row
 * @param {JsonObject} ourRecord
 * @param {JsonObject} theirRecord
 */
function agrees(row, ourRecord, theirRecord) {
  const ours = field(ourRecord, row.ours);
  const theirs = field(theirRecord, row.theirs);
  if (ours === undefined || theirs === undefined) return !row.both;
  if (row.op === "same") return canonical(ours) === canonical(theirs);
  if (row.op === "other") return canonical(ours) !== canonical(theirs);
  if (typeof ours !== "number" || typeof theirs !== "number") return false;
  return row.op === "at_least" ? ours >= theirs : ours <= theirs;
}
