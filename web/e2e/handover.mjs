// The hand-over by keyboard: from a verdict to sales' card, four clips by one key, each answer, and the way back to whoever
// made the call and to marketing. Says what it measured.
//
//   node web/e2e/handover.mjs ADDRESS FOLDER
//
// ADDRESS is a running `assay demo` in which nothing must be heard; pictures go to FOLDER.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { browser, fresh, lookedAt, pagesThere, press, problems, tabTo, walk } from "./pages.mjs";

const [address, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

/** When sound began to play, on the page's clock. */
const HEAR = () => {
  window.heard = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    this.addEventListener("playing", () => window.heard.push(performance.now()), { once: true });
    return play.call(this);
  };
};

async function open(login, path = "/", options = {}) {
  const page = await fresh(login, { bypassCSP: true, ...options });
  await page.addInitScript(HEAR);
  await page.goto(address);
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "login");
  await page.keyboard.type(login);
  await page.keyboard.press("Tab");
  await page.keyboard.type("assay-demo");
  await page.keyboard.press("Enter");
  await pagesThere(page);
  if (path !== "/") await page.goto(address + path);
  return page;
}

/** Both themes, wide, small and on a phone, with what axe finds in each. */
async function look(page, name) {
  for (const [size, width, height] of [
    ["wide", 1440, 900],
    ["small", 1280, 720],
    ["phone", 390, 844],
  ])
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(120);
      await page.screenshot({
        path: `${folder}/handover-${name}-${size}-${colorScheme}.png`,
        fullPage: true,
      });
      await lookedAt(page, `${name}, ${size}, ${colorScheme}`);
    }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

/** Somebody without a page. */
async function caller(login) {
  const headers = { "content-type": "application/json" };
  const signed = await fetch(`${address}/api/v1/session`, {
    method: "POST",
    headers,
    body: JSON.stringify({ login, password: "assay-demo" }),
  });
  const cookie = signed.headers
    .getSetCookie()
    .map((c) => c.split(";")[0])
    .join("; ");
  let keys = 0;
  const ask = async (method, path, body) => {
    keys += 1;
    const answer = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: { ...headers, cookie, "idempotency-key": `walk-${login}-${keys}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const said = answer.status === 204 ? undefined : await answer.json();
    assert.ok(answer.ok, `${login}, ${method} ${path}: ${JSON.stringify(said)}`);
    return said;
  };
  /** The box serves the sound, and what was played is credited only then. */
  const listen = async (item, call, to_ms) => {
    await (
      await fetch(`${address}/api/v1/calls/${call}/audio`, { headers: { cookie } })
    ).arrayBuffer();
    await pause(to_ms / 2 + 300);
    const played = [{ from_ms: 0, to_ms, speed: 2 }];
    await ask("POST", `/review/${item}/heard`, { call, played });
  };
  return { ask, listen };
}

/** A reviewer passes the next claim, each answer on seconds of its own. */
async function passes(marek) {
  const review = await marek.ask("POST", "/review/take");
  const [call] = review.calls;
  const piece = Math.min(18_000, Math.floor(call.duration_ms / 4));
  const answers = review.checklist.criteria
    .filter((c) => c.must_pass)
    .map((c, i) => ({
      criterion: c.id,
      answer: c.answers.find((a) => a.passes).id,
      evidence: { call: call.call, from_ms: i * piece, to_ms: (i + 1) * piece },
      words: c.words_needed > 0 ? "our drivers lose two hours a day to paper" : "",
      note: "",
    }));
  await marek.listen(review.id, call.call, 4 * piece);
  const given = await marek.ask("POST", `/review/${review.id}/verdict`, { answers, note: "" });
  return {
    company: review.company,
    final: Date.parse(given.hold_until),
    seconds: (4 * piece) / 1000,
  };
}

async function hears(sam, seconds) {
  const before = await sam.evaluate(() => [window.heard.length, performance.now()]);
  await press(sam, "Space");
  await sam.waitForFunction((n) => window.heard.length > n, before[0], { timeout: 10_000 });
  const first = await sam.evaluate(([n, at]) => Math.round(window.heard[n] - at), before);
  const began = Date.now();
  for (const n of [2, 3, 4])
    await sam.locator(`.clips li:nth-child(${n})[aria-current=true]`).waitFor({ timeout: 60_000 });
  await sam.getByRole("button", { name: /^Play all 4/ }).waitFor({ timeout: 60_000 });
  const all = (Date.now() - began) / 1000;
  console.log(`${first} ms from the key to the first clip; ${all.toFixed(1)} s to hear all four`);
  assert.ok(all < 90 && all > seconds - 3, `${all} s for ${seconds} s of clips`);
  return first;
}

/** Chooses an answer, fills what it asks for, and confirms it; all by keys. */
async function answers(sam, name, fill, told) {
  await sam.getByRole("radio", { name }).focus();
  await press(sam, "Space");
  await fill();
  const save = sam.getByRole("button", { name: /^Save: / });
  await save.focus();
  await press(sam, "Enter");
  const asks = sam.getByRole("alertdialog");
  await asks.locator(":focus").waitFor();
  // The harmless answer has the focus; the other is one Tab away.
  await press(sam, "Tab", "Enter");
  await asks.waitFor({ state: "detached" });
  await sam.getByRole("status").filter({ hasText: told }).first().waitFor();
}

await walk(folder, async () => {
  const marek = await caller("marek");
  const sam = await open("sam", "/handovers");
  await sam.getByText("Nothing was handed over yet").waitFor();
  await look(sam, "empty");
  const passed = await passes(marek);
  const row = sam.getByRole("link", { name: passed.company });
  await row.waitFor({ timeout: 30_000 });
  console.log(`${Date.now() - passed.final} ms from the end of the hold to the row on sales' page`);
  await look(sam, "list");
  await row.focus();
  const opened = Date.now();
  await press(sam, "Enter");
  await sam.getByRole("heading", { level: 1, name: passed.company }).waitFor();
  await sam.getByRole("button", { name: /^Play all 4/ }).waitFor();
  console.log(`${Date.now() - opened} ms from Enter to the card`);
  await sam.evaluate(() => document.getElementById("main").focus());
  await hears(sam, passed.seconds);
  assert.equal(await sam.locator("input[type=radio]:checked").count(), 0, "one is chosen already");
  await look(sam, "card");

  const note = () => sam.getByLabel(/In your words|Your question/);
  await answers(sam, /^Accept/, async () => {}, "Accept");
  await answers(
    sam,
    /^Later/,
    () => sam.getByLabel("The buyer’s date").fill("2027-05-03"),
    "Later: 3 May 2027",
  );
  await answers(
    sam,
    /^Needs information/,
    async () => {
      await note().focus();
      await sam.keyboard.type("Who signs beside her?");
    },
    "Needs information",
  );
  await answers(
    sam,
    /^Nurture/,
    () => sam.getByLabel("Looked at again on").fill("2027-03-01"),
    "Nurture: 1 Mar 2027",
  );
  // Nobody is unreachable whom the wire has not seen called.
  await sam.getByRole("radio", { name: /^Reject/ }).focus();
  await press(sam, "Space");
  await sam.getByLabel("Why").selectOption("unreachable");
  await sam
    .getByText(/agreed: 5 in 10 days/)
    .first()
    .waitFor();
  await sam.getByRole("button", { name: /^Save: reject/ }).focus();
  await press(sam, "Enter");
  await sam.getByRole("alertdialog").locator(":focus").waitFor();
  await press(sam, "Tab", "Enter");
  await sam.getByRole("alert").filter({ hasText: "Not tried often enough" }).waitFor();
  problems.splice(0, problems.length, ...problems.filter((p) => !p.includes("422")));
  await look(sam, "refused");
  await answers(
    sam,
    /^Reject/,
    async () => {
      await sam.getByLabel("Why").selectOption("criterion");
      await sam.getByLabel(/Which is not met/).selectOption("need");
      await note().fill("She names a size, and no pain.");
    },
    "Reject: Need is not met",
  );
  await sam.getByRole("button", { name: "Yes", exact: true }).focus();
  await press(sam, "Enter");
  await sam.locator("[aria-pressed=true]", { hasText: "Yes" }).waitFor();
  await tabTo(sam, "Note a promise");
  await press(sam, "Enter");
  await sam.getByLabel("From", { exact: true }).fill("2027-05-03");
  await sam.getByLabel("In the words of the call").fill("Call me in May");
  await sam.getByLabel("Said in").selectOption("3");
  await sam.getByRole("button", { name: "Note the promise" }).focus();
  await press(sam, "Enter");
  await sam.getByText("its time has not come").waitFor();
  await look(sam, "answered");

  // Back to whoever made the call.
  const tom = await open("tom", "/handed-over");
  await tom.getByText("Reject: Need is not met").waitFor();
  await tom.getByLabel(/asks, .*Who signs beside her/).fill("Her brother, he said so at the end.");
  await tom.getByRole("button", { name: "Answer", exact: true }).focus();
  await press(tom, "Enter");
  await tom.getByText("Write-up: 0 of 8 fields filled").focus();
  await press(tom, "Enter");
  await tom.getByLabel("Others who decide").fill("Her brother");
  await press(tom, "Tab");
  await tom.getByText("Write-up: 1 of 8 fields filled").waitFor();
  await look(tom, "own");
  await sam.getByText("Her brother, he said so at the end.").first().waitFor();

  // Marketing: content that sales finds, what it looked for in vain, sources, and the agreement.
  const mia = await open("mia", "/content");
  await mia.getByLabel("Title").fill("Notes without paper");
  await mia.getByLabel(/^Link/).fill("https://example.com/notes");
  await mia.getByLabel("The pain that it answers").fill("two hundred vans and paper");
  await mia.getByRole("button", { name: "Offer it", exact: true }).focus();
  await press(mia, "Enter");
  await mia.getByText("not used yet").waitFor();
  await sam.reload();
  const search = sam.getByRole("searchbox", { name: "Search content" });
  await search.fill("tablets");
  await press(sam, "Enter");
  await sam.getByText("Marketing sees that it was looked for").waitFor();
  await search.fill("paper");
  await press(sam, "Enter");
  await sam.getByRole("button", { name: /^Copy link/ }).focus();
  await press(sam, "Enter");
  await sam.getByText(/Taken so far: Notes without paper/).waitFor();
  await mia.reload();
  await mia.getByText("“tablets”, 1 time").waitFor();
  await look(mia, "content");
  await mia.goto(`${address}/results`);
  await mia.getByRole("button", { name: "By campaign" }).click();
  await mia.getByRole("link", { name: /Fleet autumn/ }).waitFor();
  await look(mia, "sources");
  await mia.getByRole("link", { name: /Fleet autumn/ }).click();
  await mia.getByRole("heading", { name: /Fleet autumn/ }).waitFor();
  await look(mia, "source");
  await mia.goto(`${address}/marketing-and-sales`);
  await mia.getByRole("button", { name: "Propose a version" }).focus();
  await press(mia, "Enter");
  await mia.getByLabel(/Marketing: leads a month/).fill("20");
  await mia.getByLabel(/write-up filled/).fill("60");
  await mia.getByRole("button", { name: "Propose it" }).focus();
  await press(mia, "Enter");
  await mia.getByRole("button", { name: /^Sign for marketing/ }).focus();
  await press(mia, "Enter");
  await mia.getByText(/marketing: Mia Castell/).waitFor();
  await sam.goto(`${address}/marketing-and-sales`);
  await sam.getByRole("button", { name: /^Sign for sales/ }).focus();
  await press(sam, "Enter");
  await sam.getByText("in force since").waitFor();
  await sam.locator("summary", { hasText: "half:" }).first().focus();
  await press(sam, "Enter");
  await look(sam, "pact");
  await browser.contexts()[0]?.close();
  assert.deepEqual(problems, []);
});
