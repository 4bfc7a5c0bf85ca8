// A morning with leads, by keyboard: a telemarketer's day, marketing's list that comes in and goes, a manager's follow-up; on a wide
// page and on a phone, in both themes.
import assert from "node:assert/strict";
import { fresh, lookedAt, press, problems, tabTo, walk } from "./pages.mjs";

const [address, folder] = process.argv.slice(2);
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const WIDE = { viewport: { width: 1280, height: 720 } };

async function signIn(login, path, options) {
  const page = await fresh(login, { bypassCSP: true, ...options });
  await page.goto(`${address}${path}`);
  await page.getByLabel("Login").fill(login);
  await page.getByLabel("Password").fill("assay-demo");
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  return page;
}
const picture = (page, name) => page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });

async function day() {
  const ines = await signIn("ines", "/day", WIDE);
  const rows = ines.locator(".work tbody tr");
  await rows.first().waitFor();
  const count = await rows.count();
  assert.ok(count > 3, `${count} leads on the work list`);
  await lookedAt(ines, "day");
  await picture(ines, "day-light");
  // The second row, said in one key and taken back in another.
  await press(ines, "ArrowDown");
  const company = await ines.locator(".work tr[aria-selected=true] b").innerText();
  await press(ines, "8");
  await ines.getByText(`Said of ${company}`).waitFor();
  // A page of many is filled up again: it is the row that goes, and comes back.
  const row = rows.filter({ has: ines.getByText(company, { exact: true }) });
  await row.waitFor({ state: "detached" });
  await press(ines, "z");
  await row.waitFor();
  // A call back asks when, and moves it in the list.
  await press(ines, "6");
  const then = new Date(Date.now() + 40 * 60_000);
  const local = new Date(then.getTime() - then.getTimezoneOffset() * 60_000).toISOString();
  await ines.getByLabel("When do you call back?").fill(local.slice(0, 16));
  await press(ines, "Enter");
  await ines.getByText(`Said of ${company}: call back`).waitFor();
  // What is open has an address: reload keeps it, Back leads away from it.
  await press(ines, "Enter");
  await ines.waitForURL(/\/leads\?lead=/);
  await ines
    .getByRole("complementary", { name: "The lead’s timeline" })
    .getByRole("heading")
    .first()
    .waitFor();
  await ines.reload();
  await ines
    .getByText("First contact", { exact: false })
    .or(ines.getByText("No contact yet", { exact: false }))
    .first()
    .waitFor();
  await lookedAt(ines, "lead");
  await ines.goBack();
  await ines.waitForURL(/\/day/);
  await ines.context().close();
  const phone = await signIn("ines", "/day", { ...PHONE, colorScheme: "dark" });
  await phone.locator(".work tbody tr").first().waitFor();
  await lookedAt(phone, "day on a phone");
  await picture(phone, "day-phone-dark");
  await phone.goto(`${address}/leads`);
  await phone.locator("table.leads button.link").first().tap();
  const heading = phone
    .getByRole("complementary", { name: "The lead’s timeline" })
    .getByRole("heading")
    .first();
  await heading.waitFor();
  await phone.waitForFunction(() => {
    const { top } = document.querySelector("aside h2").getBoundingClientRect();
    return top >= 0 && top < innerHeight;
  });
  await picture(phone, "leads-phone-dark");
  await phone.context().close();
}

const LIST = [
  "Firma;Ansprechpartner;Telefon;E-Mail;Quelle",
  "Möbel Söhne;Özlem Ümit;040 5559001;oe@moebel.example;webinar",
  `${"Ein sehr langer Name ".repeat(12)}GmbH;K. Lang;040 5559002;;`,
  "Brightwater again;;+49 40 55501010;;",
  "No number;;030/x;;",
  "Wrong source;;040 5559003;;fair",
].join("\r\n");

async function lists() {
  const mia = await signIn("mia", "/", WIDE);
  // The campaigns come late once: who is quick must not meet a form that does not go.
  await mia.route("**/leads/choices", (route) => setTimeout(() => void route.continue(), 1_500), {
    times: 1,
  });
  await mia.goto(`${address}/imports`);
  await mia.getByLabel("File").setInputFiles({
    name: "messe.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(LIST, "latin1"),
  });
  await mia.getByLabel("Whose list it is", { exact: false }).fill("Messe AG");
  await tabTo(mia, "Look at it");
  await press(mia, "Enter");
  await mia.getByRole("heading", { name: "3 rows can come in, 2 would be left out" }).waitFor();
  await mia.getByText("Read as Windows-1252, separated by semicolon.").waitFor();
  await mia.getByText("Line 4, Brightwater again: same number as L-1001").waitFor();
  await mia.getByText("Line 5: phone '030/x' is no number.").waitFor();
  await lookedAt(mia, "import");
  await picture(mia, "import-light");
  await tabTo(mia, "Take in 3 rows");
  await press(mia, "Enter");
  await mia
    .getByText("2 new, 0 brought up to date, 1 duplicate left out", { exact: false })
    .waitFor();
  const download = mia.waitForEvent("download");
  await mia.getByRole("link", { name: "2 rows left out, with line and reason" }).click();
  assert.equal((await download).suggestedFilename(), "assay-left-out.csv");
  await mia.goto(`${address}/leads?q=m%C3%B6b`);
  await mia.getByRole("button", { name: "Möbel Söhne" }).waitFor();
  await mia.goto(`${address}/leads?q=lang`);
  await mia.getByRole("button", { name: "Ein sehr langer Name" }).waitFor();
  await lookedAt(mia, "a long name");
  await picture(mia, "leads-long-light");
  await mia.goto(`${address}/imports`);
  await mia.getByRole("button", { name: "Undo" }).first().click();
  await mia.getByText("2 leads went", { exact: false }).waitFor();
  await mia.goto(`${address}/sources`);
  await mia.getByRole("button", { name: "Change webinar" }).click();
  await mia.getByLabel("First contact within hours", { exact: false }).fill("24");
  await press(mia, "Enter");
  await mia.getByText("Saved: webinar.", { exact: false }).waitFor();
  await lookedAt(mia, "sources");
  await picture(mia, "sources-light");
  await mia.goto(`${address}/never-call`);
  await mia.getByLabel("Name of the list").fill("Robinson");
  await mia.getByLabel("File, a number", { exact: false }).setInputFiles({
    name: "never.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("number\n+49 431 5550188\nnonsense\n"),
  });
  await mia.getByRole("button", { name: "Add the numbers" }).click();
  await mia
    .getByText("1 number read, 1 of them new. Left out: 1 line, the first is line 3.")
    .waitFor();
  await lookedAt(mia, "never call");
  await mia.context().close();
}

async function followUp() {
  const max = await signIn("max", "/work", { ...WIDE, colorScheme: "dark" });
  await max.getByRole("heading", { name: "Late, by person" }).waitFor();
  await lookedAt(max, "follow-up");
  await picture(max, "follow-up-dark");
  await max.goto(`${address}/all-calls?outcome=answered`);
  await max.getByText("in all", { exact: false }).waitFor();
  await max
    .getByRole("button", { name: /^Open the call/ })
    .first()
    .click();
  await max.waitForURL(/call=/);
  await max.reload();
  await max.getByRole("complementary", { name: "The call" }).getByRole("heading").first().waitFor();
  await lookedAt(max, "calls");
  await picture(max, "calls-dark");
  await max.context().close();
}

await walk(folder, async () => {
  await day();
  await lists();
  await followUp();
  assert.deepEqual(problems, []);
  console.log("leads: a day, a list in and out, follow-up");
});
