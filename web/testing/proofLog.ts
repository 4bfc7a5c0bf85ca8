// A small log that signs: what the box does in Rust, for tests of those who verify it.
import { join, toHex, utf8 } from "../proof/bytes.mjs";
import type { Item } from "../proof/document.mjs";
import { canonical, type JsonObject } from "../proof/json.mjs";
import { sha256 } from "../proof/sha2.mjs";

export interface Leaf {
  content: JsonObject;
  salt: Uint8Array;
  commitment: Uint8Array;
}

/** A key of the log: its verifier's text, and what signs. */
export interface Signer {
  name: string;
  verifier: string;
  sign: (text: string) => Promise<string>;
}

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));

/** An Ed25519 key made of one byte, so that each test has the same. */
export async function signer(name: string, seed: number): Promise<Signer> {
  // RFC 8410: a private key in PKCS #8 is this head and 32 bytes.
  const head = Uint8Array.from([48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32]);
  const secret = join(head, new Uint8Array(32).fill(seed)) as Uint8Array<ArrayBuffer>;
  const key = await crypto.subtle.importKey("pkcs8", secret, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const public64 = (x ?? "").replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(public64), (c) => c.charCodeAt(0));
  const kind = join(Uint8Array.of(1), bytes);
  const id = sha256(join(utf8(`${name}\n`), kind)).subarray(0, 4);
  const sign = async (text: string) => {
    const made = await crypto.subtle.sign("Ed25519", key, utf8(text) as Uint8Array<ArrayBuffer>);
    return `— ${name} ${base64(join(id, new Uint8Array(made)))}\n`;
  };
  return { name, verifier: `${name}+${toHex(id)}+${base64(kind)}`, sign };
}

export class ProofLog {
  private leaves: Leaf[] = [];

  /** Adds a record; its salt is made of its place. */
  add(kind: string, subject: string, fields: JsonObject): void {
    const content = { ...fields, kind, subject };
    const salt = sha256(utf8(`salt ${this.leaves.length}`));
    const commitment = sha256(join(utf8("assay/record/v1\n"), salt, utf8(canonical(content))));
    this.leaves.push({ content, salt, commitment });
  }

  get size(): number {
    return this.leaves.length;
  }

  /** The tree's root at this size, signed. */
  async checkpoint(by: Signer, size = this.size): Promise<string> {
    const tree = new Tree(this.hashes(size));
    const text = `${by.name}\n${size}\n${base64(tree.root())}\n`;
    return `${text}\n${await by.sign(text)}`;
  }

  /** All leaves, proved in the tree as it is. */
  items(): Item[] {
    const tree = new Tree(this.hashes(this.size));
    return this.leaves.map(({ content, salt, commitment }, leaf) => ({
      kind: String(content.kind),
      subject: String(content.subject),
      leaf,
      commitment: toHex(commitment),
      proof: tree.way(leaf).map(toHex),
      salt: toHex(salt),
      content,
    }));
  }

  private hashes(size: number): Uint8Array[] {
    return this.leaves
      .slice(0, size)
      .map(({ commitment }) => sha256(join(Uint8Array.of(0), commitment)));
  }
}

const node = (left: Uint8Array, right: Uint8Array) => sha256(join(Uint8Array.of(1), left, right));

/** A Merkle tree (RFC 9162 §2.1); each inner hash is made once. */
class Tree {
  private made = new Map<string, Uint8Array>();
  constructor(private readonly hashes: Uint8Array[]) {}

  /** Of the leaves from one to another; all without. */
  root(from = 0, to = this.hashes.length): Uint8Array {
    const known = this.made.get(`${from} ${to}`);
    if (known) return known;
    const k = from + half(to - from);
    const only = this.hashes[from];
    const root = only && to - from === 1 ? only : node(this.root(from, k), this.root(k, to));
    this.made.set(`${from} ${to}`, root);
    return root;
  }

  /** The hashes beside the way from a leaf to the root. */
  way(leaf: number, from = 0, to = this.hashes.length): Uint8Array[] {
    if (to - from < 2) return [];
    const k = from + half(to - from);
    return leaf < k
      ? [...this.way(leaf, from, k), this.root(k, to)]
      : [...this.way(leaf, k, to), this.root(from, k)];
  }
}

/** The largest power of two that is less than this; of one leaf, one. */
const half = (size: number) => 2 ** Math.max(0, Math.ceil(Math.log2(size)) - 1);
