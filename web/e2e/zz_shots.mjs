import { browser } from "./pages.mjs";
const base = "http://127.0.0.1:8088";
const sets = JSON.parse(process.argv[2]);
for (const [login, pages] of sets) {
  for (const [w, h, tag] of [[1280, 720, "wide"], [390, 844, "phone"]]) {
    const ctx = await browser.newContext({ viewport: { width: w, height: h }, locale: "en-GB" });
    const page = await ctx.newPage();
    page.on("console", (m) => m.type() === "error" && console.log(login, m.text()));
    await page.goto(base);
    await page.getByLabel(/Login|Name/).first().fill(login);
    await page.getByLabel("Password").fill("assay-demo");
    await page.keyboard.press("Enter");
    await page.waitForURL((u) => true);
    await page.waitForTimeout(1500);
    for (const [name, path, act] of pages) {
      await page.goto(base + path);
      await page.waitForTimeout(1800);
      if (act) await page.evaluate(act);
      await page.waitForTimeout(300);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) console.log(name, tag, "is wider than the window by", wide);
      await page.screenshot({ path: `/tmp/shots/${name}-${tag}.png`, fullPage: tag === "phone" ? true : true });
      if (tag === "wide" && process.argv[3] === "pdf") await page.pdf({ path: `/tmp/shots/${name}.pdf`, preferCSSPageSize: true, printBackground: true });
    }
    await ctx.close();
  }
}
await browser.close();
