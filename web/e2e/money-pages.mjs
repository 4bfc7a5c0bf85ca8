// How money.mjs opens, presses, looks at and prints its pages.
import { execFileSync } from "node:child_process";
import { address, folder, PASSWORD } from "./money-box.mjs";
import { fresh, goTo, lookedAt, pagesThere, press, problems } from "./pages.mjs";

/** Somebody signed in, by keyboard. */
export async function open(login, path = "/") {
  const page = await fresh(login, {
    bypassCSP: true,
    viewport: { width: 1280, height: 720 },
    acceptDownloads: true,
  });
  await page.goto(address + path);
  await page.getByLabel("Login").focus();
  await page.keyboard.type(login);
  await press(page, "Tab");
  await page.keyboard.type(PASSWORD);
  await press(page, "Enter");
  await pagesThere(page);
  return page;
}

export const go = goTo;

/** Presses a button or follows a link, by keyboard, inside what is given; of a page, in its main part. */
export async function act(inside, name, role = "button") {
  const part = "keyboard" in inside ? inside.getByRole("main") : inside;
  const control = part.getByRole(role, { name });
  await control.focus();
  await control.press("Enter");
}

/** Where a control is gone once it was pressed, the focus stands on something else than the whole page. */
export async function keepsFocus(page, where) {
  const stands = () => ![null, document.body].includes(document.activeElement);
  await page
    .waitForFunction(stands, undefined, { timeout: 3_000 })
    .catch(() => problems.push(`${where}: the focus is lost`));
}

/** Types into what has the focus, as soon as it is something to type into, Tab, and so on. */
export async function fill(page, ...words) {
  await page.waitForFunction(() => document.activeElement?.matches("input, textarea, select"));
  for (const [n, word] of words.entries()) {
    if (n > 0) await press(page, "Tab");
    await page.keyboard.type(word);
  }
}

/** Presses for a file, and gives its bytes; its name is that of the page. */
export async function download(page, inside, name, role = "link") {
  const saving = page.waitForEvent("download");
  await act(inside, name, role);
  const file = await saving;
  const at = `${folder}/${file.suggestedFilename()}`;
  await file.saveAs(at);
  return at;
}

const SIZES = [
  ["wide", 1280, 720, "light"],
  ["phone", 390, 844, "light"],
  ["dark", 1280, 720, "dark"],
];
/** Pictures of a page wide, narrow and dark, and what is wrong with each. */
export async function look(page, name, wrong = lookedAt) {
  for (const [kind, width, height, colorScheme] of SIZES) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await wrong(page, `${name}, ${kind}`);
    await page.screenshot({ path: `${folder}/money-${name}-${kind}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.emulateMedia({ colorScheme: "light" });
}

/** Prints a page on A4, pictures the paper, and gives its words. */
export async function print(page, name) {
  const paper = `${folder}/money-${name}-paper`;
  await page.pdf({ path: `${paper}.pdf`, format: "A4" });
  execFileSync("pdftoppm", ["-r", "80", "-png", `${paper}.pdf`, paper]);
  return execFileSync("pdftotext", ["-layout", `${paper}.pdf`, "-"], { encoding: "utf8" });
}
