// Verifier keys, signed notes and checkpoints (C2SP signed-note, tlog-checkpoint,
// tlog-cosignature).

import { Broken, fromBase64, join, toHex, utf8 } from "./bytes.mjs";
import { hasSigned } from "./ed25519.mjs";
import { sha256 } from "./sha2.mjs";

const MAX_NOTE_BYTES = 65_536;
const MAX_SIGNATURES = 64;
/** The kind of a log's key, and of a witness's. */
const LOG = 1;
const WITNESS = 4;
const NO_NAME =
  // eslint-disable-next-line no-control-regex -- a name holds no control characters
  /[\u0000-\u0020+\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** @typedef {{ name: string, id: string, kind: number, key: Uint8Array, text: string }} Key */
/** @typedef {{ name: string, id: string, bytes: Uint8Array }} Signature */
/** @typedef {{ text: string, signatures: Signature[] }} Note */

/** @param {string} name */
const isName = (name) => name !== "" && !NO_NAME.test(name);

/**
 * Reads a verifier key; `null` if it is none.
 * @param {string} text
 * @returns {Key | null}
 */
export function readKey(text) {
  const [name, id, ...rest] = text.split("+");
  const key = fromBase64(rest.join("+"));
  if (!isName(name) || key?.length !== 33) return null;
  if (key[0] !== LOG && key[0] !== WITNESS) return null;
  const expected = toHex(sha256(join(utf8(`${name}\n`), key)).subarray(0, 4));
  return id === expected ? { name, id, kind: key[0], key: key.subarray(1), text } : null;
}

/**
 * @param {string} line
 * @returns {Signature | null}
 */
function readSignature(line) {
  const [dash, name, signature, ...more] = line.split(" ");
  const bytes = fromBase64(signature ?? "");
  const whole = dash === "—" && more.length === 0 && isName(name ?? "");
  if (!whole || bytes === null || bytes.length < 5) return null;
  return { name, id: toHex(bytes.subarray(0, 4)), bytes: bytes.subarray(4) };
}

/**
 * Reads a note; `null` if it is malformed.
 * @param {string} note
 * @returns {Note | null}
 */
function readNote(note) {
  // eslint-disable-next-line no-control-regex -- a note holds no control characters
  if (utf8(note).length > MAX_NOTE_BYTES || /[\u0000-\u0009\u000b-\u001f]/.test(note)) return null;
  const at = note.lastIndexOf("\n\n");
  if (at < 0 || !note.endsWith("\n") || at + 2 === note.length) return null;
  const lines = note.slice(at + 2, -1).split("\n");
  const signatures = lines.map(readSignature);
  if (lines.length > MAX_SIGNATURES || signatures.includes(null)) return null;
  return { text: note.slice(0, at + 1), signatures: /** @type {Signature[]} */ (signatures) };
}

/**
 * @param {string} text of a note
 * @returns {{ origin: string, size: bigint, root: string } | null}
 */
function readCheckpoint(text) {
  const lines = text.slice(0, -1).split("\n");
  const [origin, size, root] = lines;
  const bytes = fromBase64(root ?? "");
  if (lines.includes("") || !/^(0|[1-9][0-9]{0,19})$/.test(size ?? "")) return null;
  if (bytes?.length !== 32 || BigInt(size) >= 2n ** 64n) return null;
  return { origin, size: BigInt(size), root: toHex(bytes) };
}

/**
 * The note's signatures of a key.
 * @param {Note} note
 * @param {Key} key
 */
const signaturesOf = (note, key) =>
  note.signatures.filter(({ name, id }) => name === key.name && id === key.id);

/**
 * Reads a checkpoint and verifies that the log signed it.
 * @param {string} text
 * @param {Key} log
 * @param {string} fault
 * @param {string} place
 * @throws {Broken} it is malformed, of another log, or not signed by it
 */
export function openCheckpoint(text, log, fault, place) {
  /** @param {string} why @returns {never} */
  const fail = (why) => {
    throw new Broken(fault, place, why);
  };
  const note = readNote(text) ?? fail("is no signed note");
  const checkpoint = readCheckpoint(note.text) ?? fail("is no checkpoint");
  if (checkpoint.origin !== log.name) fail(`is of another log or box: '${checkpoint.origin}'`);
  const own = signaturesOf(note, log);
  if (log.kind !== LOG || own.length === 0) fail("is not signed by the log's key");
  const message = utf8(note.text);
  if (!own.every(({ bytes }) => hasSigned(log.key, message, bytes))) {
    fail("bears a signature of the log's key that does not hold");
  }
  return { note, size: checkpoint.size, root: checkpoint.root };
}

/**
 * When this witness cosigned the checkpoint, in seconds since 1970; `null` if it did not.
 * @param {Note} note
 * @param {Key} witness
 * @param {string} place
 * @returns {bigint | null}
 * @throws {Broken} a cosignature of this witness does not hold
 */
export function cosignedAt(note, witness, place) {
  if (witness.kind !== WITNESS) throw new Broken("checkpoint", place, "a witness's key is no such");
  /** @type {bigint | null} */
  let latest = null;
  for (const { bytes } of signaturesOf(note, witness)) {
    const at = BigInt(`0x${toHex(bytes.subarray(0, 8)) || "0"}`);
    const message = utf8(`cosignature/v1\ntime ${at}\n${note.text}`);
    if (at >= 2n ** 63n || !hasSigned(witness.key, message, bytes.subarray(8))) {
      throw new Broken("checkpoint", place, `the cosignature of ${witness.name} does not hold`);
    }
    if (latest === null || at > latest) latest = at;
  }
  return latest;
}
