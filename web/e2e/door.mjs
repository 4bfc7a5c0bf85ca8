// Who gets in, over HTTPS, by keyboard: a second factor that the role needs, recovery codes, sessions, a token, a login switched off.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { browser, fresh, lookedAt, press, problems, tabTo, walk } from "./pages.mjs";

const [address, folder] = process.argv.slice(2);
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 6238, by hand: what an authenticator shows, so many steps from now. */
function code(secret, later) {
  let bits = "";
  for (const letter of secret) bits += LETTERS.indexOf(letter).toString(2).padStart(5, "0");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const sum = createHmac("sha1", key).update(step).digest();
  const number = sum.readUInt32BE(sum[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

async function open(login, options = {}, password = "assay-demo") {
  const page = await fresh(login, {
    ignoreHTTPSErrors: true,
    bypassCSP: true,
    viewport: { width: 1280, height: 720 },
    ...options,
  });
  await page.goto(address);
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Password").fill(password);
  await press(page, "Enter");
  return page;
}
async function look(page, name) {
  for (const [size, viewport] of [
    ["wide", { width: 1280, height: 720 }],
    ["narrow", { width: 390, height: 844 }],
  ]) {
    await page.setViewportSize(viewport);
    await page.screenshot({ path: `${folder}/door-${name}-${size}.png`, fullPage: true });
    await lookedAt(page, `door-${name}-${size}`);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
}

/** A manager, whose role needs a second factor, sees nothing else until it is set up. */
async function setUp() {
  const max = await open("max");
  await max.getByText("Your role needs a second factor").waitFor();
  assert.equal(await max.getByRole("navigation").getByRole("link").count(), 0);
  await look(max, "needed");
  await max
    .getByRole("form", { name: "Set up a second factor" })
    .getByLabel("Your password")
    .focus();
  await max.keyboard.type("assay-demo");
  await press(max, "Enter");
  await max.getByAltText(/secret as a picture/).waitFor();
  await look(max, "scan");
  const secret = await max.locator(".secret-text").innerText();
  await max.getByLabel("Code").focus();
  await max.keyboard.type(code(secret, 0));
  await press(max, "Enter");
  await max.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  await look(max, "recovery");
  const codes = await max.locator(".recovery li").allInnerTexts();
  assert.equal(codes.length, 10);
  await tabTo(max, "I have them", 10);
  await press(max, "Enter");
  await max.getByRole("link", { name: "Max Oberg" }).focus();
  await press(max, "Enter");
  await max.getByText("10 of 10 recovery codes are left").waitFor();
  assert.ok((await max.getByRole("navigation").getByRole("link").count()) > 3);
  await look(max, "account");
  return { max, secret, codes };
}

/** Elsewhere the password alone does not do; a code does, and a recovery code once. */
async function again({ max, secret, codes }) {
  const other = await open("max");
  await other.getByLabel(/^Code/).waitFor();
  await look(other, "code");
  await other.keyboard.type("000000");
  await press(other, "Enter");
  await other.getByText("This code is not good").waitFor();
  await other.getByLabel(/^Code/).fill(code(secret, 1));
  await press(other, "Enter");
  await other.getByRole("link", { name: "Max Oberg" }).waitFor();
  const third = await open("max");
  await third.getByLabel(/^Code/).fill(codes[0].toUpperCase());
  await press(third, "Enter");
  await third.getByRole("link", { name: "Max Oberg" }).waitFor();
  // The others end with a click, and say so.
  await max.reload();
  await max.getByText("9 of 10 recovery codes are left").waitFor();
  await max.getByRole("button", { name: "End all others" }).focus();
  await press(max, "Enter");
  await max.getByText("All other sessions have ended.").waitFor({ state: "attached" });
  await other.reload();
  await other.getByLabel("Login").waitFor();
  for (const page of [other, third]) await page.context().close();
}

/** Somebody new is added, gets a line, and signs in with the password that was shown once. */
async function newcomer(ada) {
  await ada.getByText("Add somebody", { exact: true }).focus();
  await press(ada, "Enter");
  await ada.getByLabel("Name", { exact: true }).focus();
  await ada.keyboard.type("Tina Roth");
  await press(ada, "Tab");
  await ada.keyboard.type("tina");
  await ada.getByRole("checkbox", { name: "Northlight Fleet" }).focus();
  await press(ada, "Space");
  await look(ada, "newcomer");
  await ada.getByRole("button", { name: "Add them" }).focus();
  await press(ada, "Enter");
  const password = await ada.getByText(/^[0-9a-f]{16}$/).textContent();
  await look(ada, "first-password");
  await ada.getByRole("button", { name: "Hide it" }).focus();
  await press(ada, "Enter");
  await ada.getByText("Give a line to somebody", { exact: true }).focus();
  await press(ada, "Enter");
  await ada.getByLabel("Extension, trunk or agent ID").focus();
  await ada.keyboard.type("239");
  await press(ada, "Tab");
  await ada.keyboard.type("Tina");
  await look(ada, "line");
  await ada.getByRole("button", { name: "Give it" }).focus();
  await press(ada, "Enter");
  await ada.getByRole("row", { name: /239 Tina Roth/ }).waitFor();
  const tina = await open("tina", {}, password);
  await ownPassword(tina, password);
  await tina.context().close();
}

/** Whose password somebody else has made sets their own, and nothing else opens before. */
async function ownPassword(page, first) {
  await page.getByText(/Somebody else made your password/).waitFor();
  assert.equal(await page.getByRole("link", { name: "My claims" }).count(), 0);
  await look(page, "own-password");
  await page.getByLabel("Present password").focus();
  for (const [n, word] of [first, "four words of mine", "four words of mine"].entries()) {
    if (n > 0) await press(page, "Tab");
    await page.keyboard.type(word);
  }
  await press(page, "Enter");
  await page.getByRole("link", { name: "My claims" }).waitFor();
}

/** An administrator adds somebody, makes a token and switches a login off. */
async function access() {
  const tom = await open("tom");
  await tom.getByRole("link", { name: "My claims" }).waitFor();
  const ada = await open("ada");
  await ada.getByRole("link", { name: "Access" }).focus();
  await press(ada, "Enter");
  await ada.getByRole("heading", { name: "People" }).waitFor();
  await newcomer(ada);
  await ada.getByText("Make a token", { exact: true }).focus();
  await press(ada, "Enter");
  await ada.getByLabel("Which machine gets it?").focus();
  await ada.keyboard.type("PBX at the office");
  await ada.getByRole("checkbox", { name: /pause and resume/ }).focus();
  await press(ada, "Space");
  await look(ada, "token");
  await ada.getByRole("button", { name: "Make it" }).focus();
  await press(ada, "Enter");
  await ada.getByText(/^assay_[0-9a-f]{64}$/).waitFor();
  await ada.getByRole("button", { name: "Hide it" }).focus();
  await press(ada, "Enter");
  await ada.getByRole("cell", { name: "PBX at the office", exact: true }).waitFor();
  await ada.getByRole("button", { name: "Switch off: Tom Brandt" }).focus();
  await press(ada, "Enter");
  await ada.getByRole("alertdialog").waitFor();
  await look(ada, "switching-off");
  await tabTo(ada, "Switch it off", 3);
  await press(ada, "Enter");
  await ada.getByRole("button", { name: "Let in again: Tom Brandt" }).waitFor();
  await look(ada, "access");
  await tom.reload();
  await tom.getByLabel("Login").waitFor();
}

await walk(folder, async () => {
  await again(await setUp());
  await access();
  console.log(`the door over ${new URL(address).protocol} by keyboard: ${browser.version()}`);
  assert.deepEqual(
    problems.filter((p) => !/403|certificate/.test(p)),
    [],
  );
});
