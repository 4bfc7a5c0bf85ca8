// What the walks share: Debian's Chromium, the keys, and what its pages showed where a walk stopped short.
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
        m.type() === "error" && !m.text().includes("401") && problems.push(`${login}: ${m.text()}`),
    );
  });
  return context.newPage();
}

export async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
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
