// Score, sales' gate, origin and forecast, each with something to tell: what axe finds, pictures in both themes, wide, small
// and on a phone; and a campaign that is put in the order of the score by keyboard.
//
//   node web/e2e/worth.mjs ADDRESS FOLDER
//
// ADDRESS is a running `assay demo` that `tests/scale/year.py` has filled for one client; pictures go to FOLDER.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { fresh, lookedAt, pagesThere, press, problems, walk } from "./pages.mjs";

const [address, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

async function open(login) {
  const page = await fresh(login, { bypassCSP: true });
  await page.goto(address);
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "login");
  await page.keyboard.type(login);
  await page.keyboard.press("Tab");
  await page.keyboard.type("assay-demo");
  await page.keyboard.press("Enter");
  await pagesThere(page);
  return page;
}

async function look(page, name) {
  for (const [size, width, height] of [
    ["small", 1280, 720],
    ["phone", 390, 844],
  ])
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(120);
      await page.screenshot({
        path: `${folder}/worth-${name}-${size}-${colorScheme}.png`,
        fullPage: true,
      });
      await lookedAt(page, `${name}, ${size}, ${colorScheme}`);
    }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

/** Opens a report and takes the client that has something to tell. */
async function report(page, path, words) {
  await page.goto(`${address}${path}`);
  await page.getByRole("link", { name: "Export CSV" }).first().waitFor();
  await page.locator(".bar").first().waitFor();
  const choice = page.getByLabel("Client");
  if (await choice.count()) await choice.selectOption({ label: "Northlight Fleet" });
  await page.getByText(words).first().waitFor();
}

await walk(folder, async () => {
  const max = await open("max");
  await report(max, "/score", /It tells leads apart|It does not beat/);
  await look(max, "score");
  const order = max.getByRole("group", { name: "A year" });
  // Tab goes on to the chosen one of each group.
  await max.locator("#orders").scrollIntoViewIfNeeded();
  for (let n = 0; n < 80 && !(await order.evaluate((g) => g.contains(document.activeElement))); n++)
    await press(max, "Tab");
  if (!(await order.getByLabel(/the likelier first/).isChecked())) await press(max, "ArrowDown");
  await max.waitForTimeout(500);
  assert.ok(await order.getByLabel(/the likelier first/).isChecked(), "by keyboard");
  await report(max, "/gate", "Everybody");
  await look(max, "gate");
  await report(max, "/origin", "Marketing’s share of closeable pipeline");
  await look(max, "origin");
  await report(max, "/funnel", /further leads|come of leads/);
  await look(max, "funnel");
  // Telesales' list in its order, a minute later at most, with why.
  const tom = await open("tom");
  await tom.goto(`${address}/day`);
  for (let n = 0; n < 40 && !(await tom.locator(".likely").count()); n++) {
    await tom.waitForTimeout(1500);
    await tom.reload();
    await tom.getByText("Work list").waitFor();
  }
  await tom.locator(".likely summary").first().click();
  assert.match(await tom.locator(".likely small").first().innerText(), /sales accepted/);
  await look(tom, "day");
  const sam = await open("sam");
  await sam.goto(`${address}/handovers`);
  await sam.locator(".likely summary").first().click();
  await look(sam, "handed");
  await report(sam, "/gate", /Yours alone|No lead is yours|Everybody/);
  await look(sam, "own-gate");
  assert.deepEqual(problems, []);
  console.log("worth: ok");
});
