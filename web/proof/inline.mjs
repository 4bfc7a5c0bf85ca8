// The verifier as one plain script, for a page that is saved and opened from a file, where modules
// cannot be imported. Node only: it reads the modules beside it.

import { readFileSync } from "node:fs";

/** The modules, each after those that it imports. */
const MODULES = ["sha2", "ed25519", "bytes", "json", "note", "tables", "document", "chain"];
MODULES.push("rules", "amount", "stamp", "verify");

/**
 * A script that defines `assayProof`, with `verify`, `sha256` and `toHex`. It holds no `</script`.
 * @returns {string}
 */
export function inlined() {
  const names = ["const { verify } = in_verify;", "const { sha256 } = in_sha2;"];
  names.push("const { toHex } = in_bytes;", "return { verify, sha256, toHex };");
  const body = [...MODULES.map(closed), ...names].join("\n");
  return `const assayProof = (() => {\n"use strict";\n${body}\n})();\n`;
}

/**
 * A module as a function's scope that gives what it exports.
 * @param {string} name
 */
function closed(name) {
  const source = readFileSync(new URL(`./${name}.mjs`, import.meta.url), "utf8");
  const names = [...source.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(([, n]) => n);
  const body = source
    .replace(/^import (\{[^}]*\}) from "\.\/(\w+)\.mjs";/gm, "const $1 = in_$2;")
    .replace(/^export \{[^;]*;\n/gm, "")
    .replace(/^export /gm, "");
  return `const in_${name} = (() => {\n${body}\nreturn { ${names.join(", ")} };\n})();`;
}
