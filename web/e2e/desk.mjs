// The desk as somebody sits at it all day: paces measured, a dispute walked to its end, a checklist changed and signed,
// every page of every role in both themes, wide and narrow, without a violation that axe finds.
//
//   node web/e2e/desk.mjs ADDRESS FOLDER
//
// ADDRESS is the demo of tests/browser.sh after walk.mjs; paces are printed, and none of them is asserted.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  browser,
  fresh,
  goTo,
  lookedAt,
  pageNames,
  pagesThere,
  press,
  problems,
  walk,
} from "./pages.mjs";

const [address, folder] = process.argv.slice(2);

/** Notes when sound comes out, and every key and click. */
function watch() {
  const Sound = window.Audio;
  window.sounds = [];
  window.Audio = function (...all) {
    const audio = new Sound(...all);
    window.sounding = audio;
    audio.addEventListener("playing", () => window.sounds.push(performance.now()));
    return audio;
  };
  window.pressed = { keys: 0, words: 0, clicks: 0 };
  addEventListener(
    "keydown",
    (e) => {
      if (e.key === "Shift") return;
      if (e.target.matches("input:not([type=radio]), textarea") && e.key.length === 1)
        window.pressed.words += 1;
      else window.pressed.keys += 1;
      window.lastKey = performance.now();
    },
    true,
  );
  addEventListener("click", (e) => e.detail > 0 && (window.pressed.clicks += 1), true);
}

async function open(login, options = {}) {
  const page = await fresh(login, { bypassCSP: true, ...options });
  await page.addInitScript(watch);
  await page.goto(address);
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Password").fill("assay-demo");
  await page.keyboard.press("Enter");
  await pagesThere(page);
  return page;
}

const picture = (page, name) => page.screenshot({ path: `${folder}/${name}.png` });
const heading = (page) => page.locator(".claim h1").textContent();
const go = goTo;
/** Milliseconds from the last key until something holds, measured in the page, frame by frame. */
const since = (page, holds) =>
  page.evaluate(async (text) => {
    const test = new Function(`return ${text}`);
    while (!test()) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return Math.round(performance.now() - window.lastKey);
  }, holds);
/** Waits until what plays has played to its end. */
const toTheEnd = (page) =>
  page.waitForFunction(
    () =>
      Number(document.querySelector(".head")?.getAttribute("aria-valuenow")) + 1 >=
        Number(document.querySelector(".head")?.getAttribute("aria-valuemax")) &&
      document.querySelector(".transport .play")?.textContent?.startsWith("Play"),
    undefined,
    { timeout: 60_000 },
  );
/** Takes the next item, by its button. */
async function take(page) {
  await page.getByRole("button", { name: /^Take the next/ }).focus();
  await press(page, "Enter");
}
/** Waits until more than a second was played: a shorter moment decides nothing. */
const begun = (page) =>
  page.waitForFunction(
    () => Number(document.querySelector(".head")?.getAttribute("aria-valuenow")) >= 2,
  );
/** Stops what plays, and fails the first row on what was heard: one heard moment decides. */
const failOnMoment = ["Space", "1", "o", "Shift+1", "1", "Enter"];
const given = "document.querySelector('[aria-label=\"Verdict given\"]')";
const painted =
  "document.querySelector('.wave')?.firstElementChild?.shadowRoot?.querySelectorAll('canvas').length > 0";

/** Where the parts of the desk stand; rows by their place in the list that scrolls. */
const places = (page) =>
  page.evaluate(() => {
    const scrolled = (e) =>
      [".list", ".desk"].reduce((sum, s) => sum + (e.closest(s)?.scrollTop ?? 0), 0);
    const all = document.querySelectorAll(
      ".claim, .tracks, .transport, .evidence, .sum, .list > .row",
    );
    return [...all].map((e) => {
      const { x, y, width, height } = e.getBoundingClientRect();
      const top = e.matches(".row") ? y + scrolled(e) : y;
      return [e.className, ...[x, top, width, height].map(Math.round)].join(" ");
    });
  });
/** Whether the marked row can be seen, all but what is higher than its list. */
const markedShows = (page) =>
  page.evaluate(() => {
    const { x, y, height } = document.querySelector(".row[aria-current]").getBoundingClientRect();
    const at = document.elementFromPoint(x + 20, y + height / 2);
    return at?.closest(".row[aria-current]") != null;
  });

async function toTheStart(page) {
  await page.getByRole("slider", { name: "Playhead" }).focus();
  await press(page, "Home");
  await page.evaluate(() => document.activeElement?.blur());
}

/** Nothing on the desk moves, whatever is marked, answered or shown; the page itself never scrolls. */
async function standsStill(page) {
  for (const [width, height] of [
    [1280, 720],
    [1440, 900],
    [390, 844],
    [640, 360],
  ]) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(200);
    const size = `${width}×${height}`;
    const before = await places(page);
    for (const keys of [
      ["1"],
      ["a"],
      ["2", "b"],
      ["ArrowDown"],
      ["4", "b"],
      ["Shift+4", "1"],
      ["Enter"],
    ]) {
      await press(page, ...keys);
      assert.deepEqual(await places(page), before, `${keys} moves the desk at ${size}`);
      assert.ok(await markedShows(page), `${keys}: the marked row is not seen at ${size}`);
    }
    if (await page.locator(".transport .play").getByText("Pause").count())
      await press(page, "Space");
    await press(page, "q");
    await page.getByRole("dialog").waitFor();
    await press(page, "Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const still = await page.evaluate(() => [
      document.documentElement.scrollWidth > innerWidth,
      document.documentElement.scrollHeight > innerHeight,
    ]);
    assert.deepEqual(still, [false, false], `the page scrolls at ${size}`);
    await picture(page, `still-${width}`);
    for (let n = 0; n < 8; n++) await press(page, "Control+z");
    await toTheStart(page);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}
const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];

/** Megabytes after a collection: of JavaScript, and private to the page's own process. */
async function memory(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("HeapProfiler.collectGarbage");
  await cdp.send("Performance.enable");
  const { metrics } = await cdp.send("Performance.getMetrics");
  // No other page is open: the largest of the browser's own is this one.
  const { processInfo } = await (
    await browser.newBrowserCDPSession()
  ).send("SystemInfo.getProcessInfo");
  const own = processInfo
    .filter((p) => p.type === "renderer")
    .map((p) => {
      const rollup = readFileSync(`/proc/${p.id}/smaps_rollup`, "utf8");
      return (
        [...rollup.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB/gm)].reduce(
          (sum, [, kb]) => sum + Number(kb),
          0,
        ) / 1000
      );
    });
  return {
    heap: metrics.find((m) => m.name === "JSHeapUsedSize").value / 1e6,
    page: Math.max(...own),
  };
}

async function counted(page, run) {
  await page.evaluate(() => (window.pressed = { keys: 0, words: 0, clicks: 0 }));
  await run();
  return page.evaluate(() => window.pressed);
}
const told = ({ keys, words, clicks }) =>
  `${keys} keys, ${words} characters of words, ${clicks} clicks`;

await walk(folder, async () => {
  // Tom claims what the tap saw beside the demo's own calls: the long one second.
  let tom = await open("tom");
  const claims = await tom.evaluate(async () => {
    const all = [];
    for (let before = ""; ;) {
      const { calls, next } = await (
        await fetch(`/api/v1/calls?limit=200${before && `&before=${encodeURIComponent(before)}`}`)
      ).json();
      all.push(...calls.filter((c) => c.lead?.company.startsWith("Bench ")));
      if (!next) break;
      before = next;
    }
    all.sort((a, b) => a.lead.company.localeCompare(b.lead.company));
    const long = all.find((c) => c.duration_ms > 3_000_000);
    const order = [
      all.find((c) => c.lead.id !== long.lead.id),
      long,
      ...all.filter((c) => c.lead.id !== long.lead.id).slice(1),
    ];
    let made = 0;
    for (const call of order) {
      const answer = await fetch("/api/v1/claims", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "idempotency-key": `bench-claim-${call.id}`,
        },
        body: JSON.stringify({ calls: [call.id], write_up: "A claim of the day.", answers: {} }),
      });
      made += answer.ok ? 1 : 0;
    }
    return made;
  });
  assert.ok(claims >= 52, `${claims} claims`);
  await tom.context().close();

  // A clean pass: played at twice the speed, answered on the way.
  const marek = await open("marek");
  await go(marek, "Review");
  await take(marek);
  await marek.getByRole("heading", { name: /^Bench/ }).waitFor();
  await standsStill(marek);
  const first = await heading(marek);
  const early = await memory(marek);
  const pass = await counted(marek, async () => {
    await press(marek, "Space", "1", "a", "2", "a", "3", "a", "t");
    await marek.keyboard.type("Drivers lose two hours a day");
    await press(marek, "Escape", "4", "b");
    await toTheEnd(marek);
    await marek.getByText("Everything is answered").waitFor();
    await press(marek, "Enter", "Enter");
    await marek.locator("[aria-label='Verdict given']").waitFor();
  });
  console.log(`a clean pass: ${told(pass)}`);
  // The next one is the hour: it was taken and loaded meanwhile.
  await marek.waitForTimeout(1500);
  await press(marek, "n");
  const paint = await since(marek, painted);
  assert.notEqual(await heading(marek), first);
  console.log(`an hour-long call painted ${paint} ms after N`);
  await press(marek, "Space");
  await marek.waitForFunction(() => window.sounds.some((t) => t > window.lastKey));
  console.log(
    `its first sound ${await marek.evaluate(() => Math.round(window.sounds.at(-1) - window.lastKey))} ms after Space`,
  );
  await press(marek, "End");
  await marek.getByRole("slider", { name: "Playhead" }).focus();
  await press(marek, "End", "ArrowLeft");
  await marek.waitForFunction(
    () => Number(document.querySelector(".head")?.getAttribute("aria-valuenow")) > 3500,
  );
  await press(marek, "Home");
  // There and back through the hour, each seek on its own: until the sound at that place could be heard.
  const seeks = await marek.evaluate(async () => {
    const times = [];
    for (const to of [3_500, 60, 1_800, 3_000, 600, 2_400]) {
      const began = performance.now();
      const done = new Promise((resolve) =>
        window.sounding.addEventListener("seeked", resolve, { once: true }),
      );
      window.sounding.currentTime = to;
      await done;
      times.push(Math.round(performance.now() - began));
    }
    return times;
  });
  console.log(`six seeks through an hour of Ogg Opus: ${seeks.join(", ")} ms`);
  await press(marek, "Home");
  await marek.evaluate(() => document.activeElement?.blur());
  if (await marek.locator(".transport .play").getByText("Play").count())
    await press(marek, "Space");
  await picture(marek, "20-hour");
  const fail = await counted(marek, async () => {
    await begun(marek);
    await press(marek, ...failOnMoment, "Enter");
    await marek.locator("[aria-label='Verdict given']").waitFor();
  });
  console.log(`a fail: ${told(fail)}`);
  // Fifty more, as on a long day.
  const [sounds, verdicts] = [[], []];
  for (let n = 0; n < 48; n++) {
    const before = await heading(marek);
    await press(marek, "n");
    await marek.waitForFunction(
      (old) =>
        document.querySelector(".claim h1")?.textContent !== old &&
        !document.querySelector("[aria-label='Verdict given']"),
      before,
      { timeout: 15_000 },
    );
    const taken = await marek.evaluate(() => window.lastKey);
    await press(marek, "Space");
    await marek.waitForFunction((t) => window.sounds.some((s) => s > t), taken);
    sounds.push(await marek.evaluate((t) => Math.round(window.sounds.at(-1) - t), taken));
    await begun(marek);
    await press(marek, ...failOnMoment);
    await marek.getByText("Not passed: nothing is booked.").waitFor();
    await press(marek, "Enter");
    verdicts.push(await since(marek, given));
  }
  console.log(
    `first sound after taking a claim, 48 times: median ${median(sounds)} ms, longest ${Math.max(...sounds)} ms`,
  );
  console.log(
    `verdict accepted and shown, 48 times: median ${median(verdicts)} ms, longest ${Math.max(...verdicts)} ms`,
  );
  const after = await memory(marek);
  console.log(
    `after fifty calls: ${after.heap.toFixed(1)} MB of JavaScript, ${after.page.toFixed(0)} MB private to the page's process (${early.page.toFixed(0)} before the first)`,
  );
  assert.ok(after.heap < 150, `the page keeps ${after.heap} MB`);

  // A telemarketer finds why one failed, and disputes it.
  tom = await open("tom");
  await go(tom, "My claims");
  const failed = tom
    .locator("tr", { hasText: "Bench" })
    .filter({ hasText: "Not passed" })
    .filter({ hasText: "0:12" })
    .last();
  await failed.waitFor();
  const company = await failed.locator("b").first().textContent();
  await failed.getByRole("button").first().focus();
  await press(tom, "Enter");
  await tom.getByRole("button", { name: "Dispute this verdict" }).focus();
  await press(tom, "Enter");
  // Nothing is chosen beforehand; what is missing is said.
  await tom.getByText("Choose the rows that were judged wrongly").first().waitFor();
  await tom.getByRole("checkbox", { name: "Dispute Budget" }).focus();
  await press(tom, "Space");
  await tom.getByRole("slider", { name: "Place in the call" }).focus();
  await press(tom, "[", "ArrowRight", "]");
  await tom.getByText("Your moment: 0:00 to 0:05").waitFor();
  await tom.getByLabel("Why should Budget have passed?").focus();
  await tom.keyboard.type("She names the money in the first seconds.");
  await picture(tom, "21-dispute");
  await tom.getByRole("button", { name: "Send the dispute" }).focus();
  await press(tom, "Enter");
  await tom.getByText("Being judged afresh").waitFor();

  // Somebody else judges it afresh, then sees why, and changes it.
  const rana = await open("rana");
  await go(rana, "Queue");
  await rana.getByRole("cell", { name: company, exact: true }).waitFor();
  assert.equal(
    await rana.getByText("dispute", { exact: false }).count(),
    1,
    "the queue tells which one is a dispute",
  );
  await go(rana, "Second reviews");
  await take(rana);
  await rana.getByRole("heading", { name: company }).waitFor();
  assert.ok(
    !(await rana.content()).includes("names the money"),
    "the reason shows before the answer",
  );
  while ((await rana.locator("#speed").textContent()) !== "2×") await press(rana, ".");
  await press(rana, "Space", "1", "a", "2", "a", "3", "a", "t");
  await rana.keyboard.type("Drivers lose two hours a day");
  await press(rana, "Escape", "4", "b");
  await toTheEnd(rana);
  await picture(rana, "22-second-review");
  await press(rana, "Enter", "Enter");
  await rana.getByText("names the money").waitFor();
  await picture(rana, "23-dispute-reason");
  await press(rana, "Enter", "Enter");
  await rana.getByText("The dispute is decided").waitFor();
  await tom.getByText("You were right").waitFor();
  await picture(tom, "24-dispute-changed");

  // A manager changes the checklist; two heads sign it.
  const max = await open("max");
  await go(max, "Checklists");
  await max.getByRole("button", { name: "New version" }).last().focus();
  await press(max, "Enter");
  await max.getByLabel("Title").first().fill("Money");
  await max.getByRole("button", { name: "Move row 2 up" }).focus();
  await press(max, "Enter");
  await picture(max, "25-builder");
  await max.getByRole("button", { name: "Save the draft" }).focus();
  await press(max, "Enter");
  await max.getByRole("button", { name: "v2" }).last().focus();
  await press(max, "Enter");
  // Tried on what was judged before, which changes nothing of it.
  await max.getByRole("button", { name: "Try on past verdicts" }).focus();
  await press(max, "Enter");
  await max.getByRole("heading", { name: /verdicts? since/ }).waitFor({ timeout: 30_000 });
  await max.getByText("This changes no verdict.").waitFor();
  await picture(max, "25-trial");
  await max.getByRole("button", { name: "Back to the checklists" }).focus();
  await press(max, "Enter");
  for (const [login, name] of [
    ["mia", "Mia Castell"],
    ["sam", "Sam Whitlock"],
  ]) {
    const head = await open(login);
    await go(head, "Checklists");
    await head.getByRole("button", { name: "v2" }).focus();
    await press(head, "Enter");
    await head.getByLabel("What moved since").selectOption({ label: "v1" });
    await head.getByText("Money: the title was “Budget”, is “Money”.").waitFor();
    await head.getByText("The order of the rows changed.").waitFor();
    await head.getByLabel("Your name, written out").focus();
    await head.keyboard.type(name);
    await head.getByLabel("Look at it again on").fill("2020-01-01");
    await picture(head, `26-sign-${login}`);
    await head.getByLabel("Your name, written out").press("Enter");
    await head.getByText(login === "mia" ? "You have signed" : "It never changes").waitFor();
    await head.context().close();
  }
  // Its date has come already: every page of those who agree on it says so.
  await max.reload();
  await max.getByText("meant to look at this checklist again").waitFor();
  await go(max, "Leads");
  await max.getByText("was to be looked at again by now").waitFor();
  await picture(max, "27-review-date");
  // The manager wants one that waits judged before the others.
  await go(rana, "Queue");
  const rows = rana
    .locator("section", { has: rana.getByRole("heading", { name: "Queue" }) })
    .locator("tbody tr");
  await rows.first().waitFor();
  assert.ok((await rows.count()) > 1, "there is an order to change");
  const last = await rows.last().locator("b").textContent();
  await max.getByRole("button", { name: last, exact: true }).focus();
  await press(max, "Enter");
  await max.getByRole("button", { name: "Judge it first" }).focus();
  await press(max, "Enter");
  await max.getByLabel("Why before the others?").focus();
  await max.keyboard.type("The buyer decides today.");
  await press(max, "Enter");
  await max.getByText("judged first").waitFor();
  await picture(max, "28-put-first");
  await rows.first().getByText(last).waitFor();
  // The manager asks for second reviews, and begins a round.
  await go(max, "Agreement");
  await max.getByRole("button", { name: "Draw calls" }).focus();
  await press(max, "Enter");
  await max.getByText("drawn; reviewers find them").waitFor();
  await go(max, "Calibration");
  await max.getByLabel("Which claim?").selectOption({ index: 0 });
  for (const box of await max.getByRole("checkbox").all()) await box.check();
  await max.getByRole("button", { name: "Begin a round" }).focus();
  await press(max, "Enter");
  await max.getByText("gave this claim").waitFor();
  problems.splice(
    0,
    problems.length,
    ...problems.filter(
      (p) =>
        !p.startsWith("max: Failed to load resource: the server responded with a status of 422"),
    ),
  );

  // Every page of every role.
  let seen = 0;
  for (const login of ["ines", "rana", "sam", "mia", "max", "ada"]) {
    for (const [name, options] of [
      ["wide-light", {}],
      ["wide-dark", { colorScheme: "dark" }],
      ["narrow-light", { viewport: { width: 390, height: 844 } }],
      ["narrow-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
    ]) {
      const page = await open(login, options);
      const pages = [];
      for (const top of await pageNames(page)) {
        await go(page, top);
        const within = await pageNames(page, "nav.within");
        pages.push(...(within.length > 0 ? within : [top]));
      }
      // A period has a page of its own.
      for (const label of pages.flatMap((p) => (p === "Close" ? [p, "The period"] : p))) {
        if (label === "The period") await page.locator("td a[href^='/close/']").first().click();
        else await go(page, label);
        await page.waitForTimeout(250);
        await page.waitForFunction(
          () => !document.querySelector("[role=status].note:not(.trouble)")?.textContent,
        );
        const where = `${login}-${label.toLowerCase().replaceAll(" ", "-")}-${name}`;
        await picture(page, `page-${where}`);
        await lookedAt(page, where);
        seen += 1;
      }
      await page.context().close();
    }
  }
  console.log(`${seen} pages seen by axe`);
  assert.deepEqual(problems, []);
});
