// JSON of which each document has one reading and each value one spelling. `JSON.parse` will not
// do: it takes a key twice, and fractions.

/** @typedef {null | boolean | number | string | JsonList | JsonObject} Json */
/** @typedef {Json[]} JsonList */
/** @typedef {{ [key: string]: Json }} JsonObject */

const MAX_DEPTH = 32;

/**
 * Reads a document.
 * @param {Uint8Array} bytes
 * @returns {Json}
 * @throws {SyntaxError} it is not JSON, or has more than one reading
 */
export function readJson(bytes) {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SyntaxError("is not UTF-8");
  }
  const reader = new Reader(text);
  const value = reader.value(1);
  reader.space();
  if (reader.at < text.length) reader.fail("something follows the document");
  return value;
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /**
   * @param {string} why
   * @returns {never}
   */
  fail(why) {
    throw new SyntaxError(`${why}, at character ${this.at}`);
  }

  space() {
    while (" \t\n\r".includes(this.text[this.at] ?? "-")) this.at += 1;
  }

  /** @param {string} token */
  skips(token) {
    this.space();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  /**
   * @param {number} depth of a list or object that begins here
   * @returns {Json}
   */
  value(depth) {
    this.space();
    const c = this.text[this.at];
    if (c === "{" || c === "[") {
      if (depth > MAX_DEPTH) this.fail("it is nested too deep");
      return c === "{" ? this.object(depth) : this.list(depth);
    }
    if (c === '"') return this.string();
    if (this.skips("true")) return true;
    if (this.skips("false")) return false;
    if (this.skips("null")) return null;
    return this.integer();
  }

  integer() {
    const pattern = /-?(0|[1-9][0-9]*)/y;
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? this.fail("this is no value");
    const value = Number(found);
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.fail("this is no integer");
    this.at += found.length;
    if (/[.eE]/.test(this.text[this.at] ?? "")) this.fail("this is no integer");
    return value;
  }

  string() {
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === "\\" ? 2 : 1;
    /** @type {string} */
    let text;
    try {
      text = JSON.parse(this.text.slice(this.at, end + 1));
    } catch {
      this.fail("this is no text");
    }
    if (/\p{Surrogate}/u.test(text)) this.fail("half a surrogate pair");
    this.at = end + 1;
    return text;
  }

  /** @param {number} depth */
  list(depth) {
    /** @type {Json[]} */
    const list = [];
    this.at += 1;
    if (this.skips("]")) return list;
    do list.push(this.value(depth + 1));
    while (this.skips(","));
    if (!this.skips("]")) this.fail("a list does not end");
    return list;
  }

  /** @param {number} depth */
  object(depth) {
    /** @type {JsonObject} */
    const object = Object.create(null);
    this.at += 1;
    if (this.skips("}")) return object;
    do {
      this.space();
      const key = this.text[this.at] === '"' ? this.string() : this.fail("a key is missing");
      if (!/^[ !#-[\]-~]{1,64}$/.test(key)) this.fail("this cannot be a key");
      if (key in object) this.fail(`the key ${key} comes twice`);
      if (!this.skips(":")) this.fail("a value is missing");
      object[key] = this.value(depth + 1);
    } while (this.skips(","));
    if (!this.skips("}")) this.fail("an object does not end");
    return object;
  }
}

/**
 * Writes a value in its one spelling.
 * @param {Json} value
 * @returns {string}
 */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/**
 * @param {Json | undefined} value
 * @returns {value is JsonObject}
 */
export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);
