// Time stamps (RFC 3161): what FORMAT.md §2 reads of them. The authority's signature is for others.

import { Broken, toHex } from "./bytes.mjs";

const [INTEGER, OCTETS, NULL, OID, TIME, SEQUENCE, SET, WRAPPED] = [
  0x02, 0x04, 0x05, 0x06, 0x18, 0x30, 0x31, 0xa0,
];
const SHA256 = "608648016503040201";
const SIGNED_DATA = "2a864886f70d010702";
const TST_INFO = "2a864886f70d0109100104";
const MAX_STAMP_BYTES = 65_536;

/** Elements of DER that follow each other. */
class Elements {
  /**
   * @param {Uint8Array} bytes
   * @param {string} place
   */
  constructor(bytes, place) {
    this.bytes = bytes;
    this.place = place;
  }

  /**
   * @param {boolean} holds
   * @param {string} [why]
   */
  need(holds, why = "it is no time stamp in DER (RFC 3161), or one that was cut short") {
    if (!holds) throw new Broken("stamp", this.place, why);
  }

  /**
   * The content of the next element, which has this tag.
   * @param {number} tag
   */
  take(tag) {
    const { bytes } = this;
    this.need(bytes.length >= 2 && bytes[0] === tag);
    let [length, at] = [bytes[1], 2];
    if (length >= 0x80) {
      const more = length - 0x80;
      this.need(more >= 1 && more <= 3 && bytes.length >= 2 + more);
      const digits = bytes.subarray(2, 2 + more);
      length = digits.reduce((n, digit) => n * 256 + digit, 0);
      at += more;
      this.need(digits[0] !== 0 && length > 0x7f);
    }
    this.need(bytes.length >= at + length);
    this.bytes = bytes.subarray(at + length);
    return bytes.subarray(at, at + length);
  }

  /** @param {number} tag */
  inside(tag) {
    return new Elements(this.take(tag), this.place);
  }

  /**
   * What is inside of the element that has this tag and is the last.
   * @param {number} tag
   */
  last(tag) {
    const inside = this.inside(tag);
    this.need(this.bytes.length === 0);
    return inside;
  }
}

/**
 * The time of a time stamp of this root, in whole seconds since 1970.
 * @param {Uint8Array} bytes
 * @param {string} root in hex
 * @param {string} place
 * @throws {Broken} it is none, or of another root
 */
export function readStamp(bytes, root, place) {
  const whole = new Elements(bytes, place);
  whole.need(bytes.length <= MAX_STAMP_BYTES, "the time stamp is longer than 64 KiB");
  const answer = whole.last(SEQUENCE);
  const status = toHex(answer.inside(SEQUENCE).take(INTEGER));
  whole.need(status === "00" || status === "01", "the authority refused to stamp");
  const info = signedInfo(answer);
  info.need(toHex(info.take(INTEGER)) === "01");
  info.take(OID);
  const imprint = info.inside(SEQUENCE);
  const algorithm = imprint.inside(SEQUENCE);
  info.need(toHex(algorithm.take(OID)) === SHA256);
  if (algorithm.bytes.length > 0) info.need(algorithm.last(NULL).bytes.length === 0);
  const hash = imprint.last(OCTETS).bytes;
  info.need(hash.length === 32);
  info.take(INTEGER);
  const at = seconds(info.take(TIME));
  info.need(at !== null);
  info.need(toHex(hash) === root, "the time stamp is of another root");
  return at ?? 0;
}

/**
 * What the authority signed: the way through the token's wrappers.
 * @param {Elements} answer
 */
function signedInfo(answer) {
  const token = answer.last(SEQUENCE);
  token.need(toHex(token.take(OID)) === SIGNED_DATA);
  const data = token.last(WRAPPED).last(SEQUENCE);
  data.take(INTEGER);
  data.take(SET);
  const content = data.inside(SEQUENCE);
  content.need(toHex(content.take(OID)) === TST_INFO);
  return content.last(WRAPPED).last(OCTETS).last(SEQUENCE);
}

/**
 * @param {Uint8Array} bytes of a GeneralizedTime
 * @returns {number | null}
 */
function seconds(bytes) {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d*[1-9])?Z$/.exec(text);
  if (found === null) return null;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number);
  if (year < 1970 || hour > 23 || minute > 59 || second > 59) return null;
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? at.getTime() / 1000 : null;
}
