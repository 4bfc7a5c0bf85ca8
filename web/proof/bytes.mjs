// Bytes as text, the hashes of the tree, and what a verifier says when something does not hold.

import { sha256 } from "./sha2.mjs";

/** The first thing in a bundle that does not hold. */
export class Broken extends Error {
  /**
   * @param {string} fault one of the format's words
   * @param {string} place the item or the part
   * @param {string} why the reason, in words
   */
  constructor(fault, place, why) {
    super(`${place}: ${why}`);
    this.fault = fault;
    this.place = place;
    this.why = why;
  }
}

/** @param {string} text */
export const utf8 = (text) => new TextEncoder().encode(text);

/** @param {Uint8Array} bytes */
export const toHex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

/** @param {string} hex pairs of digits */
export const fromHex = (hex) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {...Uint8Array} parts */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Standard base64 with padding; `null` for any other spelling.
 * @param {string} text
 * @returns {Uint8Array | null}
 */
export function fromBase64(text) {
  try {
    const binary = atob(text);
    if (btoa(binary) !== text) return null;
    return Uint8Array.from(binary, (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {string} commitment in hex */
export const leafHash = (commitment) => toHex(sha256(join(LEAF, fromHex(commitment))));

/**
 * @param {string} left in hex
 * @param {string} right in hex
 */
export const nodeHash = (left, right) => toHex(sha256(join(NODE, fromHex(left), fromHex(right))));

/** @typedef {{ size: number, root: string }} Head a tree: leaves, and the root in hex */

/**
 * Whether the proof shows this leaf at the index of the tree (RFC 9162 §2.1.3.2).
 * @param {string} leaf hash in hex
 * @param {number} index
 * @param {Head} tree
 * @param {string[]} proof hashes in hex
 */
export function isIncluded(leaf, index, tree, proof) {
  if (index >= tree.size) return false;
  const way = walk(BigInt(index), BigInt(tree.size - 1));
  let hash = leaf;
  for (const sibling of proof) {
    const side = way.next();
    if (side === null) return false;
    hash = side === "left" ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
  }
  return way.isOver() && hash === tree.root;
}

/**
 * Whether the proof shows that the old tree is a beginning of the new, larger one (RFC 9162
 * §2.1.4.2).
 * @param {Head} old not empty
 * @param {Head} tree
 * @param {string[]} proof hashes in hex
 */
export function isConsistent(old, tree, proof) {
  const size = BigInt(old.size);
  const hashes = (size & (size - 1n)) === 0n ? [old.root, ...proof] : proof;
  if (hashes.length === 0) return false;
  let [node, last] = [size - 1n, BigInt(tree.size - 1)];
  while (node & 1n) [node, last] = [node >> 1n, last >> 1n];
  const way = walk(node, last);
  let [first, second] = [hashes[0], hashes[0]];
  for (const hash of hashes.slice(1)) {
    const side = way.next();
    if (side === null) return false;
    if (side === "left") first = nodeHash(hash, first);
    second = side === "left" ? nodeHash(hash, second) : nodeHash(second, hash);
  }
  return way.isOver() && first === old.root && second === tree.root;
}

/**
 * The way from a node up to the root: on which side each sibling stands.
 * @param {bigint} node
 * @param {bigint} last
 */
function walk(node, last) {
  return {
    isOver: () => last === 0n,
    /** @returns {"left" | "right" | null} */
    next() {
      if (last === 0n) return null;
      const side = node & 1n || node === last ? "left" : "right";
      if (side === "left") {
        while (!(node & 1n) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
      }
      [node, last] = [node >> 1n, last >> 1n];
      return side;
    },
  };
}
