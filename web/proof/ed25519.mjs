// Verification of Ed25519 signatures (RFC 8032 §5.1.7), without the cofactor; keys and points of
// small order are refused. It handles no secrets, so it need not take constant time.

import { sha512 } from "./sha2.mjs";

const P = 2n ** 255n - 19n;
/** The order of the base point. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * power(121666n, P - 2n));
/** A square root of -1. */
const I = power(2n, (P - 1n) / 4n);

/** @typedef {[bigint, bigint, bigint, bigint]} Point extended coordinates: X, Y, Z, T (§5.1.4) */

/** @type {Point} */
const NEUTRAL = [0n, 1n, 1n, 0n];
const BASE = /** @type {Point} */ (fromY(mod(4n * power(5n, P - 2n)), 0n));

/** @param {bigint} value */
function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

/**
 * @param {bigint} base
 * @param {bigint} exponent
 */
function power(base, exponent) {
  let [result, square] = [1n, base];
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

/**
 * The point with this y and this lowest bit of x (§5.1.3).
 * @param {bigint} y
 * @param {bigint} sign
 * @returns {Point | null}
 */
function fromY(y, sign) {
  if (y >= P) return null;
  const square = mod((y * y - 1n) * power(mod(D * y * y + 1n), P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square) !== 0n) x = mod(x * I);
  if (mod(x * x - square) !== 0n || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

/** @param {Uint8Array} bytes little-endian */
function toInteger(bytes) {
  let value = 0n;
  for (let n = bytes.length - 1; n >= 0; n -= 1) value = (value << 8n) | BigInt(bytes[n]);
  return value;
}

/** @param {Uint8Array} bytes 32 bytes */
function decode(bytes) {
  const value = toInteger(bytes);
  return fromY(value & (2n ** 255n - 1n), value >> 255n);
}

/** @param {Point} point */
function encode([x, y, z]) {
  const inverse = power(z, P - 2n);
  return mod(y * inverse) | ((mod(x * inverse) & 1n) << 255n);
}

/**
 * @param {Point} p
 * @param {Point} q
 * @returns {Point}
 */
function add(p, q) {
  const a = mod((p[1] - p[0]) * (q[1] - q[0]));
  const b = mod((p[1] + p[0]) * (q[1] + q[0]));
  const c = mod(mod(2n * p[3] * q[3]) * D);
  const d = mod(2n * p[2] * q[2]);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

/**
 * @param {Point} p
 * @returns {Point}
 */
function double(p) {
  const a = mod(p[0] * p[0]);
  const b = mod(p[1] * p[1]);
  const h = a + b;
  const e = h - mod((p[0] + p[1]) ** 2n);
  const g = a - b;
  const f = mod(2n * p[2] * p[2]) + g;
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

/**
 * [s]p + [k]q
 * @param {bigint} s
 * @param {Point} p
 * @param {bigint} k
 * @param {Point} q
 */
function sum(s, p, k, q) {
  const table = [NEUTRAL, p, q, add(p, q)];
  let result = NEUTRAL;
  for (let bit = 252n; bit >= 0n; bit -= 1n) {
    result = double(result);
    const term = Number((s >> bit) & 1n) | (Number((k >> bit) & 1n) << 1);
    if (term > 0) result = add(result, table[term]);
  }
  return result;
}

/** @param {Point} point */
function isSmall(point) {
  const [x, y, z] = double(double(double(point)));
  return x === 0n && y === z;
}

/**
 * Whether these are the key's signature over the message.
 * @param {Uint8Array} key 32 bytes
 * @param {Uint8Array} message
 * @param {Uint8Array} signature 64 bytes; of another length, it is none
 * @returns {boolean}
 */
export function hasSigned(key, message, signature) {
  if (signature.length !== 64) return false;
  const a = decode(key);
  const s = toInteger(signature.subarray(32));
  if (a === null || s >= L || isSmall(a)) return false;
  const hashed = new Uint8Array(64 + message.length);
  hashed.set(signature.subarray(0, 32));
  hashed.set(key, 32);
  hashed.set(message, 64);
  const k = toInteger(sha512(hashed)) % L;
  const found = sum(s, BASE, k, [mod(-a[0]), a[1], 1n, mod(-a[3])]);
  return encode(found) === toInteger(signature.subarray(0, 32)) && !isSmall(found);
}
