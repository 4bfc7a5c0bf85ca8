// A bundle as a document: FORMAT.md §3. Members are named, none is left over.

import { Broken, fromBase64, utf8 } from "./bytes.mjs";
import { isObject, readJson } from "./json.mjs";
import { ERASABLE, KINDS } from "./tables.mjs";

/** @typedef {import("./json.mjs").Json} Json */
/** @typedef {import("./json.mjs").JsonObject} JsonObject */
/**
 * One record of the log; without content and salt once it is erased.
 * @typedef {{ kind: string, subject: string, leaf: number, commitment: string, proof: string[],
 *   salt?: string, content?: JsonObject, erased?: true }} Item
 */
/** @typedef {{ note: string, proof: string[], stamp?: string }} Step */
/** @typedef {{ recording: string, sha256: string, file?: string }} Audio */
/**
 * @typedef {{ format: string, version: number, log: string, entry: string, items: Item[],
 *   checkpoints: Step[], audio: Audio[] }} Bundle
 */

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_PROOF = 64;
const MAX_STAMP_BYTES = 65_536;

/**
 * Reads a bundle.
 * @param {Uint8Array} bytes
 * @returns {Bundle}
 * @throws {Broken} it is too long, not JSON of one reading, or not of the format
 */
export function readBundle(bytes) {
  need(bytes.length <= MAX_BYTES, "bundle", "is longer than 4 MiB");
  /** @type {Json} */
  let value;
  try {
    value = readJson(bytes);
  } catch (error) {
    throw new Broken("json", "bundle", error instanceof Error ? error.message : String(error));
  }
  const members = ["format", "version", "log", "entry", "items", "checkpoints", "audio"];
  const bundle = object(value, "bundle", members);
  need(bundle.format === "assay-bundle", "bundle", "is of another format");
  need(bundle.version === 1, "bundle", "is of another version of the format");
  need(isText(bundle.log) && isText(bundle.entry), "bundle", "'log' or 'entry' is not a text");
  list(bundle, "items", 1000).forEach(checkItem);
  const checkpoints = list(bundle, "checkpoints", 64);
  need(checkpoints.length > 0, "checkpoints", "there is none");
  checkpoints.forEach(checkStep);
  list(bundle, "audio", 64).forEach(checkAudio);
  const checked = /** @type {Bundle} */ (/** @type {unknown} */ (bundle));
  checkDistinct(checked);
  return checked;
}

/**
 * The item's name in sentences.
 * @param {Item} item
 */
export const nameOf = (item) => `${item.kind} ${item.subject}`;

/**
 * @param {boolean} holds
 * @param {string} place
 * @param {string} why
 */
function need(holds, place, why) {
  if (!holds) throw new Broken("frame", place, why);
}

/** @param {Json | undefined} value */
const isText = (value) => typeof value === "string";

/** @param {Json | undefined} value */
const isHash = (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value);

/** @param {Json | undefined} value */
const isProof = (value) => Array.isArray(value) && value.length <= MAX_PROOF && value.every(isHash);

/**
 * An object with these members and no others.
 * @param {Json} value
 * @param {string} place
 * @param {string[]} required
 * @param {string[]} optional
 * @returns {JsonObject}
 */
function object(value, place, required, optional = []) {
  if (!isObject(value)) throw new Broken("frame", place, "is not an object");
  for (const key of required) need(key in value, place, `has no '${key}'`);
  for (const key of Object.keys(value)) {
    need(required.includes(key) || optional.includes(key), place, `has the unknown '${key}'`);
  }
  return value;
}

/**
 * @param {JsonObject} bundle
 * @param {string} key
 * @param {number} limit
 * @returns {Json[]}
 */
function list(bundle, key, limit) {
  const value = bundle[key];
  if (Array.isArray(value) && value.length <= limit) return value;
  throw new Broken("frame", key, `is not a list of at most ${limit}`);
}

/**
 * @param {Json} value
 * @param {number} n
 */
function checkItem(value, n) {
  const place = `items[${n}]`;
  const common = ["kind", "subject", "leaf", "commitment", "proof"];
  const erased = isObject(value) && "erased" in value;
  const item = object(value, place, [...common, ...(erased ? ["erased"] : ["salt", "content"])]);
  const { kind, subject, leaf, content } = item;
  need(isText(kind) && KINDS.includes(/** @type {string} */ (kind)), place, "has no known kind");
  const length = typeof subject === "string" ? utf8(subject).length : 0;
  need(length >= 1 && length <= 256, place, "has no 'subject' of 1 to 256 bytes");
  need(typeof leaf === "number" && leaf >= 0, place, "'leaf' is not an index");
  need(isHash(item.commitment) && isProof(item.proof), place, "has no commitment and proof");
  if (erased) {
    const may = ERASABLE.includes(/** @type {string} */ (kind));
    need(item.erased === true && may, place, "cannot be erased");
    return;
  }
  need(isHash(item.salt), place, "has no salt");
  const same = isObject(content) && content.kind === kind && content.subject === subject;
  need(same, place, "'content' is not a record of the item's kind and subject");
}

/**
 * @param {Json} value
 * @param {number} n
 */
function checkStep(value, n) {
  const place = `checkpoints[${n}]`;
  const step = object(value, place, ["note", "proof"], ["stamp"]);
  need(isText(step.note) && isProof(step.proof), place, "has no note and proof");
  if (!("stamp" in step)) return;
  const length = typeof step.stamp === "string" ? (fromBase64(step.stamp)?.length ?? 0) : 0;
  need(length >= 1 && length <= MAX_STAMP_BYTES, place, "'stamp' is not base64 of its bytes");
}

/**
 * @param {Json} value
 * @param {number} n
 */
function checkAudio(value, n) {
  const place = `audio[${n}]`;
  const audio = object(value, place, ["recording", "sha256"], ["file"]);
  need(isText(audio.recording) && isHash(audio.sha256), place, "has no recording and hash");
  if ("file" in audio) need(isFileName(audio.file), place, "'file' is no name of a file beside it");
}

/** @param {Json} name */
function isFileName(name) {
  if (typeof name !== "string" || name.startsWith(".")) return false;
  const length = utf8(name).length;
  // eslint-disable-next-line no-control-regex -- a file's name holds no control characters
  return length >= 1 && length <= 255 && !/[\u0000-\u001f/\\:]/.test(name);
}

/** @param {Bundle} bundle */
function checkDistinct(bundle) {
  const names = bundle.items.map(nameOf);
  const leaves = bundle.items.map(({ leaf }) => leaf);
  const sounds = bundle.audio.map(({ recording }) => recording);
  need(new Set(names).size === names.length, "items", "one comes twice");
  need(new Set(leaves).size === leaves.length, "items", "two have the same leaf");
  need(new Set(sounds).size === sounds.length, "audio", "one comes twice");
}
