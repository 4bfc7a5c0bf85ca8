// A statement in parts: node saved-parts.mjs ARCHIVE FOLDER LINES. Each part is opened without a network; together they hold all
// lines, and a part that is touched says so.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { browser } from "./pages.mjs";
import { said, touched } from "./saved.mjs";

const [archive, folder, lines] = process.argv.slice(2);
try {
  execFileSync("python3", ["-m", "zipfile", "-e", archive, folder]);
  const parts = readdirSync(folder).filter((name) => name.endsWith(".html"));
  assert.ok(parts.length > 1, parts.join());
  let proved = 0;
  for (const part of parts) {
    const html = readFileSync(resolve(folder, part), "utf8");
    assert.ok(html.length < 500_000, `${part} has ${html.length} bytes`);
    const banner = await said(resolve(folder, part), resolve(folder, `${part}.png`));
    console.log(`${part}, ${html.length} bytes: “${banner}”`);
    const [, from, to] = /proves lines (\d+) to (\d+) of/.exec(banner) ?? assert.fail(banner);
    assert.doesNotMatch(banner, /does not hold|not sealed/);
    proved += Number(to) - Number(from) + 1;
  }
  assert.equal(proved, Number(lines));
  const last = resolve(folder, parts.at(-1));
  writeFileSync(last, touched(readFileSync(last, "utf8")));
  const banner = await said(last, resolve(folder, "touched.png"));
  console.log(`touched: “${banner}”`);
  assert.match(banner, /^This statement does not hold/);
} finally {
  await browser.close();
}
