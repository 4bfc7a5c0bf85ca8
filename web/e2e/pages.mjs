// What the walks share: Debian's Chromium, the keys, what axe finds, and what its pages showed where a walk stopped short.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
  ],
});
/** What pages report against themselves. */
export const problems = [];

/** A page in a context of its own, with nobody signed in; to be asked who one is is no fault. */
export async function fresh(login, options) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    ...options,
  });
  context.on("page", (page) => {
    page.on("pageerror", (e) => problems.push(`${login}: ${e.message}`));
    page.on(
      "console",
      (m) =>
        m.type() === "error" &&
        !m.text().includes("401") &&
        problems.push(`${login}: ${m.text()} ${m.location().url}`),
    );
  });
  return context.newPage();
}

export async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

/** Presses Tab until the named control has the focus: what a mouse could reach, the keyboard must. */
/** What the pages of who has many stand under. */
const GROUPS = {
  Leads: [
    "Leads",
    "Follow-up",
    "Import",
    "Duplicates",
    "Sources",
    "Never call",
    "CRM",
    "Results",
    "Marketing and sales",
  ],
  Calls: ["Calls", "In progress", "Coverage"],
  Review: ["Disputes", "Agreement", "Calibration", "Checklists"],
  Commission: ["Rulings", "Plans", "Close", "Questions", "Books"],
  Reports: [
    "Slots",
    "Funnel",
    "Score",
    "Sales gate",
    "Origin",
    "Waterfall",
    "Numbers",
    "Experiments",
  ],
};

/** Waits until somebody is signed in: their pages are there. */
export const pagesThere = (page) => page.getByRole("navigation", { name: "Pages" }).waitFor();

/** The links of the navigation, those of the group that shows among them, by their names. */
export const pageNames = async (page, inside = "header.top nav") =>
  (await page.locator(`${inside} a`).allTextContents()).map((text) =>
    text.replace(/ ?\d+ .*$/, ""),
  );

/** Goes to a page by keyboard, by its group where it stands in one. A number of what is new may stand behind its name. */
export async function goTo(page, name) {
  const link = (of) =>
    page
      .locator("header.top nav a, nav.within a")
      .filter({ hasText: new RegExp(`^${of}( ?\\d|$)`) })
      .first();
  if ((await link(name).count()) === 0) {
    const group = Object.keys(GROUPS).find((g) => GROUPS[g].includes(name));
    assert.ok(group, `no page is called '${name}'`);
    await link(group).focus();
    await press(page, "Enter");
    await link(name).waitFor();
  }
  await link(name).focus();
  await press(page, "Enter");
}

export async function tabTo(page, name, most = 80) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      return e?.getAttribute("aria-label") ?? e?.textContent ?? "";
    });
    if (at.startsWith(name)) return;
  }
  assert.fail(`Tab never reached '${name}'`);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Adds to the problems what axe finds on a page, and what it does not see: text that runs over. The page bypasses CSP. */
export async function lookedAt(page, where) {
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (sideways) problems.push(`${where} scrolls sideways`);
  // A cell's text runs over its neighbour's.
  const over = await page.evaluate(() =>
    [...document.querySelectorAll(".stacking td")]
      .filter((td) => td.scrollWidth > td.clientWidth + 1)
      .map((td) => td.textContent)
      .slice(0, 3),
  );
  if (over.length > 0) problems.push(`${where}: text runs over: ${over.join("; ")}`);
  // A bar at the window's end covers half a button until somebody scrolls.
  await page.addStyleTag({ content: ".to-answer { position: static !important; }" });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (rules) => window.axe.run(document, { runOnly: rules }),
    RULES,
  );
  for (const { id, nodes } of violations) {
    const first = nodes.slice(0, 3).map((n) => n.target.join(" "));
    problems.push(`${where}: ${id}: ${first.join("; ")} (${nodes.length})`);
  }
}

/** Goes the steps and closes the browser. Where they fail, each open page is told, and pictured as `stopped-N.png` in the folder. */
export async function walk(folder, steps) {
  try {
    await steps();
  } catch (error) {
    for (const [n, page] of browser
      .contexts()
      .flatMap((context) => context.pages())
      .entries()) {
      const words = await page
        .locator("body")
        .innerText({ timeout: 2_000 })
        .catch(() => "does not answer");
      console.error(`page ${n}, ${page.url()}: ${words.replaceAll(/\s+/g, " ").slice(0, 500)}`);
      await page
        .screenshot({ path: `${folder}/stopped-${n}.png`, timeout: 5_000 })
        .catch(() => undefined);
    }
    if (problems.length > 0) console.error(problems.join("\n"));
    throw error;
  } finally {
    await browser.close();
  }
}
