// Each record's way to the root of the log's tree, worked out from all records of a file together.
import { leafHash, nodeHash } from "../proof/bytes.mjs";
import type { Item } from "../proof/document.mjs";

/** A record as a file holds it. */
export type Bare = Omit<Item, "proof">;

/** The hashes are not as many as the records need. */
export class Unfit extends Error {}

interface Way {
  leaf: number;
  hash: string;
  /** From the sibling up. */
  proof: string[];
}

/**
 * The records with their proofs, in a tree of `size` leaves.
 * @param nodes the hashes of the largest subtrees without any of the records, left to right
 * @throws Unfit the hashes are too few or too many, or a record stands twice or outside of the tree
 */
export function inTree(items: Bare[], size: number, nodes: string[]): Item[] {
  const ways = items.map(({ leaf, commitment }): Way => {
    return { leaf, hash: leafHash(commitment), proof: [] };
  });
  const sorted = ways.toSorted((a, b) => a.leaf - b.leaf);
  if (sorted.some(({ leaf }, n) => leaf >= size || leaf === sorted[n - 1]?.leaf)) throw new Unfit();
  const rest = [...nodes].reverse();
  if (sorted.length > 0) rootOf(sorted, 0, size, rest);
  if (rest.length > 0) throw new Unfit();
  return items.map((item, n) => ({ ...item, proof: ways[n]?.proof ?? [] }));
}

/** The root of the leaves from one to another; on the way back each learns what lies beside it. */
function rootOf(ways: Way[], from: number, to: number, rest: string[]): string {
  const [first] = ways;
  if (!first) {
    const next = rest.pop();
    if (next === undefined) throw new Unfit();
    return next;
  }
  if (to - from === 1) return first.hash;
  const middle = from + half(to - from);
  const [left, right] = [ways.filter((w) => w.leaf < middle), ways.filter((w) => w.leaf >= middle)];
  const [before, after] = [rootOf(left, from, middle, rest), rootOf(right, middle, to, rest)];
  for (const way of left) way.proof.push(after);
  for (const way of right) way.proof.push(before);
  return nodeHash(before, after);
}

/** The largest power of two below a number of leaves. */
function half(leaves: number): number {
  let power = 1;
  while (power * 2 < leaves) power *= 2;
  return power;
}
