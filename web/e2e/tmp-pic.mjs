import { fresh, lookedAt, problems, browser } from "./pages.mjs";
const [address, folder, ...specs] = process.argv.slice(2);
for (const spec of specs) {
  const [login, path, name] = spec.split(",");
  for (const [kind, options] of [["wide", { viewport: { width: 1280, height: 720 } }], ["phone", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: "dark" }]]) {
    const page = await fresh(login, { bypassCSP: true, ...options });
    await page.goto(address + path);
    await page.getByLabel("Login").fill(login);
    await page.getByLabel("Password").fill("assay-demo");
    await page.keyboard.press("Enter");
    await page.getByRole("navigation", { name: "Pages" }).waitFor();
    await page.waitForTimeout(1500);
    await lookedAt(page, name);
    await page.screenshot({ path: `${folder}/${name}-${kind}.png`, fullPage: true });
    await page.context().close();
  }
}
console.log(problems.join("\n"));
await browser.close();
