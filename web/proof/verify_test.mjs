// Run by `node --test`. The larger comparison with the program itself is in `tests/proof/agree.rs`.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { fromHex, isConsistent, isIncluded, toHex, utf8 } from "./bytes.mjs";
import { hasSigned } from "./ed25519.mjs";
import { inlined } from "./inline.mjs";
import { canonical, readJson } from "./json.mjs";
import { readKey } from "./note.mjs";
import { sha256, sha512 } from "./sha2.mjs";
import { verify } from "./verify.mjs";

const PAGE = readFileSync(new URL("../../src/proof/FORMAT.md", import.meta.url), "utf8");
const EXAMPLE = PAGE.slice(PAGE.lastIndexOf("<!-- example -->"));

/** @param {string} language @param {number} nth */
function block(language, nth = 0) {
  const text = EXAMPLE.split(`\`\`\`${language}\n`)[nth + 1];
  return text.slice(0, text.indexOf("\n```"));
}

const KEY = block("text");
const BUNDLE = block("json");

/**
 * The example with something replaced.
 * @param {string | RegExp} what
 * @param {string} by
 */
function changed(what, by) {
  const text = BUNDLE.replace(what, by);
  assert.notEqual(text, BUNDLE);
  return verify(utf8(text), { log: KEY });
}

test("the page's example holds, in the program's own words", () => {
  const report = verify(utf8(BUNDLE), { log: KEY });
  assert.ok(report.ok, JSON.stringify(report));
  assert.equal(report.entry, "entry-1");
  assert.deepEqual(report.erased, ["recording call-1"]);
  assert.equal(report.lines.join("\n"), block("text", 1));
});

test("the first thing that does not hold is named with its item", () => {
  /** @param {ReturnType<typeof changed>} answer */
  const said = (answer) => (answer.ok ? "yes" : `${answer.fault}, ${answer.place}`);
  assert.equal(said(changed('"amount": 4500', '"amount": 9999')), "commitment, plan plan-1");
  assert.equal(
    said(changed('"reviewer": "rob"', '"reviewer": "eve"')),
    "commitment, verdict verdict-1",
  );
  assert.equal(said(changed('"leaf": 5', '"leaf": 9')), "inclusion, verdict verdict-1");
  assert.equal(said(changed('"entry": "entry-1"', '"entry": "x"')), "link, entry");
  assert.equal(said(changed('"entry": "entry-1"', '"entry": 1')), "frame, bundle");
  assert.equal(said(changed('"version": 1', '"version": 1, "version": 1')), "json, bundle");
  assert.equal(said(changed(/\\n7\\n/, "\\n8\\n")), "checkpoint, checkpoints[1]");
});

test("another key, sound or checkpoint is refused", () => {
  const { publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const name = KEY.split("+")[0];
  const typed = Buffer.concat([Buffer.of(1), raw]);
  const id = createHash("sha256").update(`${name}\n`).update(typed).digest("hex").slice(0, 8);
  const other = `${name}+${id}+${typed.toString("base64")}`;
  /** @param {import("./verify.mjs").Given} given */
  const fault = (given) => {
    const answer = verify(utf8(BUNDLE), given);
    return answer.ok ? "yes" : answer.fault;
  };
  assert.equal(fault({ log: other }), "key");
  assert.equal(fault({ log: KEY, audio: ["00".repeat(32)] }), "audio");
  assert.equal(fault({ log: KEY, otherCheckpoint: "" }), "other_checkpoint");
  assert.equal(fault({ log: KEY, otherCheckpoint: null }), "yes");
  const note = JSON.parse(BUNDLE).checkpoints[0].note;
  assert.equal(fault({ log: KEY, otherCheckpoint: note }), "yes");
  assert.throws(() => fault({ log: "no key" }), TypeError);
});

test("hashes are those of the runtime, for every length around a block's end", () => {
  for (let length = 0; length < 260; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 37 + length) % 256);
    const hash = (/** @type {string} */ name) => createHash(name).update(bytes).digest("hex");
    assert.equal(toHex(sha256(bytes)), hash("sha256"));
    assert.equal(toHex(sha512(bytes)), hash("sha512"));
  }
});

test("signatures of the runtime hold, and no flipped bit", () => {
  for (let n = 0; n < 8; n += 1) {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
    const message = utf8(`message ${n}`);
    const signature = sign(null, message, privateKey);
    assert.ok(hasSigned(key, message, signature));
    const flipped = Uint8Array.from(signature);
    flipped[n * 8] ^= 1 << n;
    assert.ok(!hasSigned(key, message, flipped));
    assert.ok(!hasSigned(key, utf8(`message ${n}!`), signature));
    assert.ok(!hasSigned(key, message, signature.subarray(1)));
  }
});

test("RFC 8032's second vector holds; S beyond L and keys of small order are refused", () => {
  const key = fromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const r = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da";
  const s = "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
  assert.ok(hasSigned(key, Uint8Array.of(0x72), fromHex(r + s)));
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const more = BigInt(`0x${s.match(/../g)?.reverse().join("")}`) + order;
  const moreS = more.toString(16).padStart(64, "0").match(/../g)?.reverse().join("");
  assert.ok(!hasSigned(key, Uint8Array.of(0x72), fromHex(r + moreS)));
  const neutral = fromHex(`01${"00".repeat(31)}`);
  assert.ok(!hasSigned(neutral, utf8("x"), fromHex(`01${"00".repeat(63)}`)));
});

test("JSON has one reading and one spelling", () => {
  const text = '{"a":[1,-2,true,false,null],"b":"\\"\\\\\\b\\f\\n\\r\\t\\u0001/é😀\u2028"}';
  assert.equal(canonical(readJson(utf8(text))), text);
  const refused = [
    '{"a":1,"a":1}',
    "1.0",
    "1e2",
    "-0",
    "9007199254740992",
    '{"":1}',
    '{"é":1}',
    "[1,]",
    "[1 2]",
    "01",
    '"\u0001"',
    '"\\ud800"',
    '"\\x"',
    '"',
    "[",
    "{",
    '{"a"}',
    "\ufeff1",
    "1 2",
    "nul",
    "",
    '{"__proto__":1,"__proto__":1}',
    "[".repeat(33) + "]".repeat(33),
  ];
  for (const json of refused) assert.throws(() => readJson(utf8(json)), SyntaxError, json);
  assert.throws(() => readJson(Uint8Array.of(0x22, 0xff, 0x22)), SyntaxError);
  assert.equal(canonical(readJson(utf8('{"__proto__":1}'))), '{"__proto__":1}');
});

test("proofs hold for their own tree alone", () => {
  const leaf = "11".repeat(32);
  assert.ok(isIncluded(leaf, 0, { size: 1, root: leaf }, []));
  assert.ok(!isIncluded(leaf, 1, { size: 1, root: leaf }, []));
  assert.ok(!isIncluded(leaf, 0, { size: 1, root: leaf }, [leaf]));
  assert.ok(!isConsistent({ size: 3, root: leaf }, { size: 4, root: leaf }, []));
});

test("a key is read in one spelling", () => {
  assert.equal(readKey(KEY)?.name, "assay.example/box-1");
  for (const bad of ["", "a", KEY.toUpperCase(), `${KEY}=`, `x${KEY}`, ` ${KEY}`]) {
    assert.equal(readKey(bad), null, bad);
  }
});

test("the verifier is one plain script, without modules and the runtime's hashes", () => {
  const script = inlined();
  assert.ok(!/^(import|export) /m.test(script) && !script.includes("</script"));
  const run = `${script}; assayProof.verify(bytes, { log: key }).ok`;
  const page = { TextEncoder, TextDecoder, atob, btoa, bytes: utf8(BUNDLE), key: KEY };
  assert.equal(runInNewContext(run, page), true);
});
