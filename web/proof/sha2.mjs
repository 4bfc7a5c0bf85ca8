// SHA-256 and SHA-512 (FIPS 180-4). Written out because a page opened from a file may have no
// `crypto.subtle`.

const MASK_64 = (1n << 64n) - 1n;

/** The first 80 primes. */
const PRIMES = firstPrimes(80);

/** First 64 bits of the fractional parts of the primes' cube roots. */
const K_512 = PRIMES.map((prime) => root(BigInt(prime) << 192n, 3n) & MASK_64);
/** First 64 bits of the fractional parts of the first 8 primes' square roots. */
const H_512 = PRIMES.slice(0, 8).map((prime) => root(BigInt(prime) << 128n, 2n) & MASK_64);
const K_256 = Uint32Array.from(K_512.slice(0, 64), (k) => Number(k >> 32n));
const H_256 = Uint32Array.from(H_512, (h) => Number(h >> 32n));

/** @param {number} count */
function firstPrimes(count) {
  /** @type {number[]} */
  const primes = [];
  for (let n = 2; primes.length < count; n += 1) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return primes;
}

/**
 * The largest integer whose power is at most `value`.
 * @param {bigint} value
 * @param {bigint} power
 */
function root(value, power) {
  let low = 0n;
  let high = 1n << 140n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** power <= value) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The message with its padding: a one bit, zeroes, its length in bits.
 * @param {Uint8Array} message
 * @param {number} block bytes of a block
 */
function padded(message, block) {
  const length = message.length + 1 + block / 8;
  const bytes = new Uint8Array(Math.ceil(length / block) * block);
  bytes.set(message);
  bytes[message.length] = 0x80;
  new DataView(bytes.buffer).setBigUint64(bytes.length - 8, BigInt(message.length) * 8n);
  return new DataView(bytes.buffer);
}

/**
 * @param {number} word
 * @param {number} bits
 */
const turn32 = (word, bits) => (word >>> bits) | (word << (32 - bits));

/**
 * @param {Uint8Array} message
 * @returns {Uint8Array} 32 bytes
 */
export function sha256(message) {
  const view = padded(message, 64);
  const state = Uint32Array.from(H_256);
  const w = new Uint32Array(64);
  for (let at = 0; at < view.byteLength; at += 64) {
    for (let t = 0; t < 16; t += 1) w[t] = view.getUint32(at + 4 * t);
    for (let t = 16; t < 64; t += 1) {
      const [a, b] = [w[t - 15], w[t - 2]];
      const s0 = turn32(a, 7) ^ turn32(a, 18) ^ (a >>> 3);
      const s1 = turn32(b, 17) ^ turn32(b, 19) ^ (b >>> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    round256(state, w);
  }
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((word, n) => out.setUint32(4 * n, word));
  return new Uint8Array(out.buffer);
}

/**
 * @param {Uint32Array} state
 * @param {Uint32Array} w
 */
function round256(state, w) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 64; t += 1) {
    const s1 = turn32(e, 6) ^ turn32(e, 11) ^ turn32(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K_256[t] + w[t]) | 0;
    const s0 = turn32(a, 2) ^ turn32(a, 13) ^ turn32(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, n) => (state[n] += word));
}

/**
 * @param {bigint} word
 * @param {bigint} bits
 */
const turn64 = (word, bits) => ((word >> bits) | (word << (64n - bits))) & MASK_64;

/**
 * @param {Uint8Array} message
 * @returns {Uint8Array} 64 bytes
 */
export function sha512(message) {
  const view = padded(message, 128);
  const state = [...H_512];
  for (let at = 0; at < view.byteLength; at += 128) {
    /** @type {bigint[]} */
    const w = [];
    for (let t = 0; t < 16; t += 1) w.push(view.getBigUint64(at + 8 * t));
    for (let t = 16; t < 80; t += 1) {
      const [a, b] = [w[t - 15], w[t - 2]];
      const s0 = turn64(a, 1n) ^ turn64(a, 8n) ^ (a >> 7n);
      const s1 = turn64(b, 19n) ^ turn64(b, 61n) ^ (b >> 6n);
      w.push((w[t - 16] + s0 + w[t - 7] + s1) & MASK_64);
    }
    round512(state, w);
  }
  const out = new DataView(new ArrayBuffer(64));
  state.forEach((word, n) => out.setBigUint64(8 * n, word));
  return new Uint8Array(out.buffer);
}

/**
 * @param {bigint[]} state
 * @param {bigint[]} w
 */
function round512(state, w) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < 80; t += 1) {
    const s1 = turn64(e, 14n) ^ turn64(e, 18n) ^ turn64(e, 41n);
    const t1 = h + s1 + ((e & f) ^ (~e & MASK_64 & g)) + K_512[t] + w[t];
    const s0 = turn64(a, 28n) ^ turn64(a, 34n) ^ turn64(a, 39n);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & MASK_64, c, b, a, (t1 + t2) & MASK_64];
  }
  [a, b, c, d, e, f, g, h].forEach((word, n) => (state[n] = (state[n] + word) & MASK_64));
}
