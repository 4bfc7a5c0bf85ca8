// Verifies a bundle by itself: no box, no clock, no network. FORMAT.md §4 has the order of checks.

import { checkAmounts } from "./amount.mjs";
import {
  Broken,
  fromBase64,
  fromHex,
  isConsistent,
  isIncluded,
  join,
  leafHash,
  toHex,
  utf8,
} from "./bytes.mjs";
import { Chain, compare, followLinks } from "./chain.mjs";
import { nameOf, readBundle } from "./document.mjs";
import { canonical } from "./json.mjs";
import { cosignedAt, openCheckpoint, readKey } from "./note.mjs";
import { checkRules } from "./rules.mjs";
import { sha256 } from "./sha2.mjs";
import { readStamp } from "./stamp.mjs";

export { sha256 } from "./sha2.mjs";

/** @typedef {import("./bytes.mjs").Head} Head */
/** @typedef {import("./document.mjs").Bundle} Bundle */
/** @typedef {import("./document.mjs").Item} Item */
/** @typedef {import("./note.mjs").Key} Key */
/**
 * Whom the verifier trusts, and what it holds in hand: the log's verifier key from a source other
 * than the bundle, keys of witnesses, SHA-256 in hex of sound files, a checkpoint from elsewhere.
 * @typedef {{ log: string, witnesses?: string[], audio?: string[],
 *   otherCheckpoint?: string | null }} Given
 */
/**
 * What is proved: the entry, the tree, the witnesses and the time stamps with their time in seconds
 * since 1970, what is erased, and the chain in words.
 * @typedef {{ ok: true, entry: string, head: Head, cosigned: { witness: string, at: bigint }[],
 *   stamped: { size: number, at: number }[], erased: string[], lines: string[] }} Report
 */
/** @typedef {{ ok: false, fault: string, place: string, why: string }} Refusal */

/**
 * Verifies a bundle.
 * @param {Uint8Array} bytes
 * @param {Given} given
 * @returns {Report | Refusal} the report, or the first thing that does not hold
 * @throws {TypeError} a key in `given` is none
 */
export function verify(bytes, given) {
  const keys = {
    log: trustedKey(given.log),
    witnesses: (given.witnesses ?? []).map(trustedKey),
  };
  try {
    return check(bytes, given, keys);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return { ok: false, fault: error.fault, place: error.place, why: error.why };
  }
}

/** @param {string} text */
function trustedKey(text) {
  const key = readKey(text);
  if (key === null) throw new TypeError(`this is no verifier key: ${text}`);
  return key;
}

/**
 * @param {Uint8Array} bytes
 * @param {Given} given
 * @param {{ log: Key, witnesses: Key[] }} keys
 * @returns {Report}
 */
function check(bytes, given, keys) {
  const bundle = readBundle(bytes);
  if (bundle.log !== keys.log.text) {
    throw new Broken("key", "log", `the bundle is of the log ${bundle.log}, not of ${given.log}`);
  }
  const { heads, cosigned, stamped, lines } = checkCheckpoints(bundle, keys);
  const head = heads[heads.length - 1];
  for (const item of bundle.items) {
    checkItem(item, head);
    lines.push(`${nameOf(item)} is leaf ${item.leaf} of the log`);
  }
  lines.push(...checkChain(bundle));
  lines.push(...checkAudio(bundle, given.audio ?? []));
  if (typeof given.otherCheckpoint === "string") {
    lines.push(checkOther(given.otherCheckpoint, keys.log, heads));
  }
  const erased = bundle.items.filter((item) => !item.content).map(nameOf);
  return { ok: true, entry: bundle.entry, head, cosigned, stamped, erased, lines };
}

/**
 * @param {Bundle} bundle
 * @param {{ log: Key, witnesses: Key[] }} keys
 */
function checkCheckpoints(bundle, { log, witnesses }) {
  /** @type {Head[]} */
  const heads = [];
  /** @type {{ witness: string, at: bigint }[]} */
  const cosigned = [];
  /** @type {{ size: number, at: number }[]} */
  const stamped = [];
  const lines = [`the log is ${log.text}`];
  bundle.checkpoints.forEach(({ note, proof, stamp }, n) => {
    const place = `checkpoints[${n}]`;
    const before = n === 0 ? null : heads[n - 1];
    const opened = openCheckpoint(note, log, "checkpoint", place);
    const head = { size: Number(opened.size), root: opened.root };
    if (head.size <= (before?.size ?? 0) || opened.size > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new Broken("checkpoint", place, "is not larger than the one before");
    }
    lines.push(`a checkpoint of ${head.size} leaves is signed`);
    for (const witness of witnesses) {
      const at = cosignedAt(opened.note, witness, place);
      if (at === null) continue;
      cosigned.push({ witness: witness.name, at });
      lines.push(`${witness.name} witnessed it ${at} seconds after 1970`);
    }
    if (before === null ? proof.length > 0 : !isConsistent(before, head, proof)) {
      throw new Broken("consistency", place, "is not shown to follow from the one before");
    }
    if (stamp !== undefined) {
      const at = readStamp(fromBase64(stamp) ?? new Uint8Array(), head.root, place);
      stamped.push({ size: head.size, at });
      lines.push(`a time stamp of it says ${at} seconds after 1970`);
    }
    heads.push(head);
  });
  return { heads, cosigned, stamped, lines };
}

const DOMAIN = utf8("assay/record/v1\n");

/**
 * @param {Item} item
 * @param {Head} head
 */
function checkItem(item, head) {
  if (item.content) {
    const salt = fromHex(item.salt ?? "");
    const made = sha256(join(DOMAIN, salt, utf8(canonical(item.content))));
    if (toHex(made) !== item.commitment) {
      const why = "the content is not what the log committed to";
      throw new Broken("commitment", nameOf(item), why);
    }
  }
  if (!isIncluded(leafHash(item.commitment), item.leaf, head, item.proof)) {
    throw new Broken("inclusion", nameOf(item), "is not shown to be in the log");
  }
}

/** @param {Bundle} bundle */
function checkChain(bundle) {
  const chain = new Chain(bundle);
  if (!chain.item("ledger_entry", bundle.entry)) {
    throw new Broken("link", "entry", `the ledger_entry ${bundle.entry} is not here`);
  }
  const lines = followLinks(chain);
  compare(chain);
  checkRules(chain);
  return [...lines, ...checkAmounts(chain)];
}

/**
 * @param {Bundle} bundle
 * @param {string[]} atHand
 */
function checkAudio(bundle, atHand) {
  const lines = bundle.audio.map(({ recording, sha256: hash }) => {
    const place = `audio ${recording}`;
    const item = bundle.items.find((i) => i.kind === "recording" && i.subject === recording);
    if (!item?.content) {
      throw new Broken("audio", place, "is of no recording that is here and not erased");
    }
    if (item.content.sha256 !== hash) {
      throw new Broken("audio", place, "is not the sound of the recording that was judged");
    }
    const how = atHand.includes(hash) ? "the file at hand is" : "a file with this hash is";
    return `${how} the sound of recording ${recording}: ${hash}`;
  });
  const strange = atHand.find((hash) => !bundle.audio.some((audio) => audio.sha256 === hash));
  if (strange !== undefined) {
    const why = `the file at hand, ${strange}, is no sound of this bundle`;
    throw new Broken("audio", "audio", why);
  }
  return lines;
}

/**
 * @param {string} note
 * @param {Key} log
 * @param {Head[]} heads
 */
function checkOther(note, log, heads) {
  const [fault, place] = ["other_checkpoint", "other checkpoint"];
  const { size, root } = openCheckpoint(note, log, fault, place);
  const head = heads.find((one) => BigInt(one.size) === size);
  if (head === undefined) {
    const why = `the bundle has no proof from a tree of ${size} leaves: ask for one made for it`;
    throw new Broken(fault, place, why);
  }
  if (head.root !== root) {
    const why = `the log has been rewritten: its first ${size} leaves are not those at hand`;
    throw new Broken(fault, place, why);
  }
  return `the checkpoint at hand, of ${size} leaves, fits`;
}
