// A statement that was saved as a file, opened without a network: whole it holds, touched it says so.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { browser } from "./pages.mjs";

const PACKED = /\{"gzip":"([^"]+)"\}/;

/** Saves the statement that the page shows into the folder, opens it offline, and touches it. */
export async function savedStatement(page, folder) {
  // A line is sealed some seconds after it was booked.
  const until = Date.now() + 60_000;
  while (!(await sealed(page))) {
    assert.ok(Date.now() < until, "the newest line was not sealed within a minute");
    await page.waitForTimeout(200);
  }
  const saving = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save as a file" }).press("Enter");
  const file = resolve(folder, "statement.html");
  await (await saving).saveAs(file);
  const html = readFileSync(file, "utf8");
  assert.ok(html.length < 500_000, `the file has ${html.length} bytes`);
  const whole = await said(file, `${folder}/saved.png`);
  assert.match(whole, /^Every line holds: 1 line, €40\.00/);
  const other = resolve(folder, "statement-touched.html");
  writeFileSync(other, touched(html));
  const found = await said(other, `${folder}/saved-touched.png`);
  assert.ok(!found.startsWith("Every line holds"), found);
  console.log(`a saved statement of ${html.length} bytes: “${whole}”; touched: “${found}”`);
}

/** The file with another amount in its last line: of a statement in parts, a line that the last one proves. */
export function touched(html) {
  const data = JSON.parse(gunzipSync(Buffer.from(PACKED.exec(html)[1], "base64")));
  data.statement.entries.at(-1).amount.minor = 999_900;
  const gzip = gzipSync(JSON.stringify(data)).toString("base64");
  return html.replace(PACKED, () => JSON.stringify({ gzip }));
}

/** What the file's banner says, in a browser without a network, at a phone's width too. */
export async function said(file, picture) {
  const context = await browser.newContext({ offline: true, locale: "en-GB" });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (e) => errors.push(e.message));
  page.on("request", (r) => r.url().startsWith("file:") || errors.push(r.url()));
  await page.goto(pathToFileURL(file).href);
  const banner = page.getByRole("region", { name: "Does it hold?" });
  await banner.waitFor();
  await page.screenshot({ path: picture, fullPage: true });
  await page.setViewportSize({ width: 390, height: 844 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  await page.screenshot({ path: picture.replace(".png", "-phone.png"), fullPage: true });
  const text = (await banner.innerText()).replaceAll(/\s+/g, " ").trim();
  await context.close();
  assert.deepEqual(errors, []);
  assert.ok(!wide, "the saved statement scrolls sideways on a phone");
  return text;
}

/** Whether the newest line of the statement has its proof. Asked beside the page: that it has none yet is no fault of the page's. */
async function sealed(page) {
  const api = `${new URL(page.url()).origin}/api/v1`;
  const statement = await (await page.request.get(`${api}/statement`)).json();
  const line = statement.entries[0]?.id;
  return Boolean(line) && (await page.request.get(`${api}/entries/${line}/bundle`)).ok();
}
