// A month is closed by two people, paid by runs whose files are held against the page, and read in books and audit pack.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { assay, Caller, folder, judgeNext } from "./money-box.mjs";
import { act, download, fill, go, keepsFocus, look, open, print } from "./money-pages.mjs";
import { browser, press, tabTo } from "./pages.mjs";

const monthOf = (period) =>
  new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(
    new Date(`${period}-15`),
  );

export async function closes(period) {
  const month = monthOf(period);
  const [max, nora] = [await open("max"), await open("nora")];
  await stillOpen(max, nora, month);
  await locked(max, nora, period, month);
  await paid(max, month);
  await books(max, period);
  await pack(period);
  await max.context().close();
  await nora.context().close();
}

/** What is open shows on any day, each with where it is settled; some of it is. */
async function stillOpen(max, nora, month) {
  await go(max, "Close");
  await max.getByText("over, and still open").waitFor();
  await act(max, month, "link");
  const open = max.getByRole("region", { name: "What is still open" });
  for (const thing of [
    "Ines Okafor has no payroll number",
    "Sofia Lind has no payroll number",
    "Tom Brandt has no payroll number",
    "1 claim has no verdict",
    "1 claim passed and waits",
    "1 dispute is open",
    "1 question about money waits",
  ])
    await open.getByText(thing, { exact: true }).waitFor();
  await open.getByText("No fraud is alleged", { exact: true }).waitFor();
  await max.getByText("Two people lock", { exact: false }).first().waitFor();
  await look(max, "close-open");

  // While a verdict is on hold nobody locks anything: it may still be booked.
  await judgeNext(new Caller("marek"), "Tarn and Vale", false);
  await max.reload();
  await open.getByText("1 verdict is on hold", { exact: true }).waitFor();
  await max.getByText("A verdict is on hold, and may still be booked in it").waitFor();
  const ask = max.getByRole("button", { name: `Ask to lock ${month}` });
  assert.equal(await ask.getAttribute("aria-disabled"), "true", "a lock can be asked for on hold");

  // Meanwhile the question that nobody answered in its time is.
  await act(open, "See questions", "link");
  const question = max.getByRole("listitem", { name: "Question 2" });
  await question.getByText(/^Overdue since/).waitFor();
  await max.getByLabel("Your answer to Tom Brandt").focus();
  await fill(max, "No call with Berger Möbel was answered; nothing is missing.");
  await press(max, "Tab", "Enter");
  await question.getByText("Answered", { exact: true }).waitFor();

  await go(max, "Close");
  await act(max, month, "link");
  for (const [name, number] of [
    ["Ines Okafor", "1047"],
    ["Sofia Lind", "S-77"],
    ["Tom Brandt", "1048"],
  ]) {
    await max.getByLabel(`Payroll number of ${name}`).focus();
    await max.keyboard.type(number);
    await press(max, "Tab", "Enter");
    await max.getByText(`Saved: ${name} has payroll number ${number}.`).waitFor();
    await keepsFocus(max, `a payroll number of ${name}`);
  }
  await open.getByText("Everybody who would be paid has a payroll number").waitFor();
  // The hold ends by itself, on the open page too.
  await open.getByText("No verdict is on hold").waitFor();
  await open.getByText("Every claim has a verdict").waitFor();
  await open.getByText("Every question about money is answered").waitFor();
}

/** One asks, another confirms; nobody confirms what they asked for. */
async function locked(max, nora, period, month) {
  await max.getByText("2 things are still open.", { exact: false }).waitFor();
  await look(max, "close");
  const words = await print(max, "close");
  for (const word of [month, "Ines Okafor", "1047", "€85.00", "£35.00"])
    assert.ok(words.includes(word), `the paper of the close does not say ${word}:\n${words}`);
  assert.ok(!/Correct|See disputes|Ask to lock/.test(words), `the paper acts:\n${words}`);
  await max.getByLabel("A note, if you like").focus();
  await fill(max, "As agreed with payroll");
  await tabTo(max, `Ask to lock ${month}`, 2);
  await press(max, "Enter");
  await max.getByText("It takes two: somebody else confirms what you asked for.").waitFor();
  await keepsFocus(max, "a lock is asked for");
  assert.equal(await max.getByRole("button", { name: /^Confirm/ }).count(), 0);
  const own = new Caller("max");
  const { acts } = await own.ask("GET", `/periods/${period}`);
  const refused = await own.refused("POST", `/period-acts/${acts[0].id}/confirm`);
  assert.equal(refused.title, "It takes two people", JSON.stringify(refused));
  console.log(`who asked may not confirm: “${refused.detail}”`);

  await go(nora, "Close");
  await act(nora, month, "link");
  await nora.getByText("“As agreed with payroll”").waitFor();
  await look(nora, "close-asked");
  await act(nora, `Confirm: lock ${month}`);
  await nora.getByText(`${month} is locked.`).waitFor();
  await nora.getByRole("heading", { name: `What ${month} comes to` }).waitFor();
  await keepsFocus(nora, "a lock is confirmed");
}

const sha256 = (at) => createHash("sha256").update(readFileSync(at)).digest("hex");
const cents = (text) => Math.round(Number(text.replace(",", ".")) * 100);
const amount = (minor, currency) =>
  new Intl.NumberFormat("en-GB", { style: "currency", currency }).format(minor / 100);

/** Makes the next run of a format, and holds its file against the page: each byte, and each cent. */
async function run(max, number, format, sums) {
  await max.getByLabel("Format").focus();
  // Its first word finds it; a space would open the list.
  await max.keyboard.type(format.split(" ")[0]);
  const said = [...sums].map(([currency, minor]) => amount(minor, currency)).join(" + ");
  await act(max, "Make the run");
  await max.getByText("A run cannot be taken back").waitFor();
  await max.getByRole("button", { name: `Make it: ${said}`, exact: true }).waitFor();
  await tabTo(max, `Make it: ${said}`, 2);
  await press(max, "Enter");
  const made = max.getByRole("article", { name: `Run ${number}` });
  await made.getByText(`${format}, ${said} to`, { exact: false }).waitFor();
  await keepsFocus(max, `run ${number}`);
  const file = await download(max, made, `Download the file of run ${number}`);
  assert.equal(sha256(file), await made.locator("code.hash").textContent());
  const again = await download(max, made, `Download the file of run ${number}`);
  assert.equal(sha256(again), sha256(file), "the same run has another file");
  return readFileSync(file, "utf8");
}

/** Euros by DATEV LODAS, what it cannot hold by CSV, and then nothing is left. */
async function paid(max, month) {
  await max.reload();
  await max.getByText("locked on").first().waitFor();
  // By the period's end not every line of it is payable yet; by today it is.
  await max.getByLabel("Pay day").fill(new Date().toISOString().slice(0, 10));
  await max.getByLabel("Format").focus();
  await max.keyboard.type("DATEV");
  await max.getByText("DATEV LODAS holds EUR alone, and GBP is payable too").waitFor();
  await max.getByRole("combobox", { name: "Currency" }).focus();
  await max.keyboard.type("EUR");
  const lodas = await run(max, 1, "DATEV LODAS", new Map([["EUR", 8500]]));
  const booked = lodas.split("\r\n").filter((line) => /^1;01\//.test(line));
  assert.equal(booked.length, 1, lodas);
  const [, , number, , , sum] = booked[0].split(";");
  assert.deepEqual([number, cents(sum)], ["1047", 8500], lodas);

  await max.getByRole("combobox", { name: "Currency" }).focus();
  await max.keyboard.type("all");
  const csv = await run(max, 2, "CSV", new Map([["GBP", 3500]]));
  const [head, ...rows] = csv.trim().split("\r\n");
  assert.equal(head, "run,period,payroll_number,name,amount,currency,entries");
  assert.equal(rows.length, 1, csv);
  const fields = rows[0].split(",");
  assert.deepEqual(fields.slice(2, 4), ["S-77", "Sofia Lind"]);
  assert.deepEqual([cents(fields[4]), fields[5], fields[6]], [3500, "GBP", "1"]);

  const why = max.getByRole("list", { name: "Why nobody would be paid" });
  await why.getByText(/is paid already, by run 2/).waitFor();
  assert.equal(await max.getByRole("button", { name: "Make the run" }).count(), 0);
  const left = max.getByRole("list", { name: "Would be left out" });
  await left.getByText(/Tom Brandt.*zero or less: it is carried over/).waitFor();
  await max.getByText("it stays locked").first().waitFor();
  await look(max, "payroll");
  console.log(
    `${month}: a run of DATEV LODAS and one of CSV, to the cent, and nothing left to pay`,
  );
}

/** Every claim is in the books; the file has what the page has. */
async function books(max, period) {
  await go(max, "Books");
  await max.getByText("paid by run 1").first().waitFor();
  await max.getByText("ruled fraud: “No call of that day has this voice.”").waitFor();
  const shown = await max.locator("tbody tr").count();
  await look(max, "books");
  await print(max, "books");
  const csv = readFileSync(await download(max, max, "Download as CSV"), "utf8");
  const [head, ...rows] = csv.trim().split("\r\n");
  assert.equal(rows.length, shown, csv);
  const column = (name) => head.split(",").indexOf(name);
  const stands = new Map();
  for (const fields of rows.map((row) => row.split(","))) {
    const [sum, currency] = [fields[column("stands")], fields[column("currency")]];
    if (sum) stands.set(currency, (stands.get(currency) ?? 0) + cents(sum));
  }
  assert.deepEqual(Object.fromEntries(stands), { EUR: 8500, GBP: 3500 }, csv);
  const norvik = rows.find((row) => row.includes("Norvik Ferries"));
  for (const word of [period, "taken_back", "fraud", "0.00"])
    assert.ok(norvik.includes(word), `the books do not say ${word} of ${norvik}`);
}

/** The audit pack opens without the box and a network, and says that everything agrees. */
async function pack(period) {
  const at = resolve(folder, "audit-pack");
  rmSync(at, { recursive: true, force: true });
  assay(0, "commission", "audit", "--period", period, "--sample", "25", "--out", at);
  const html = readdirSync(at).find((name) => name.endsWith(".html"));
  const context = await browser.newContext({ offline: true, locale: "en-GB", bypassCSP: true });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (e) => errors.push(e.message));
  page.on("request", (r) => r.url().startsWith("file:") || errors.push(r.url()));
  await page.goto(pathToFileURL(`${at}/${html}`).href);
  await page.getByText("Everything agrees.").waitFor();
  await page.getByRole("heading", { name: `Audit pack of ${period}` }).waitFor();
  await look(page, "audit-pack", async (shown, where) => {
    const sideways = () => document.documentElement.scrollWidth > innerWidth;
    assert.ok(!(await shown.evaluate(sideways)), `${where} scrolls sideways`);
  });
  await print(page, "audit-pack");
  await context.close();
  assert.deepEqual(errors, []);
}
