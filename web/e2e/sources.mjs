// Leads before and after the call, three weeks in: a list with duplicates and back, what became of lists and suppliers, a content
// file, and a client's CRM that is set up, tried and written to.
//
//   node web/e2e/sources.mjs ADDRESS FOLDER
//
// ADDRESS is a running `assay demo --weeks 3` that may send to loopback; pictures go to FOLDER.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fresh, lookedAt, pagesThere, press, problems, tabTo, walk } from "./pages.mjs";

const [address, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

async function open(login, path) {
  const page = await fresh(login, { bypassCSP: true });
  await page.goto(address);
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "login");
  await page.keyboard.type(login);
  await press(page, "Tab");
  await page.keyboard.type("assay-demo");
  await press(page, "Enter");
  await pagesThere(page);
  await page.goto(address + path);
  return page;
}

/** Wide, small and on a phone, with what axe finds in each. */
async function look(page, name) {
  for (const [size, width, height] of [
    ["wide", 1440, 900],
    ["small", 1280, 720],
    ["phone", 390, 844],
  ]) {
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(120);
    await page.screenshot({ path: `${folder}/sources-${name}-${size}.png`, fullPage: true });
    await lookedAt(page, `${name}, ${size}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

/** Downloads what a link leads to. */
async function saved(page, link) {
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  return readFileSync(await download.path(), "utf8");
}

const LIST = [
  "id,company,contact,phone,interactions",
  "N-1,Krüger Kälte,Jana Falk,+4940555990001,2025-11-03 read the fleet guide",
  "N-2,KRÜGER KÄLTE,,+4940555990001,",
  "N-3,Neu,,+4940555990003,",
].join("\n");

async function lists(mia) {
  await mia.getByLabel("File").setInputFiles({
    name: "herbst.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(LIST),
  });
  await mia.getByLabel("Whose list it is", { exact: false }).fill("Messe AG");
  await tabTo(mia, "Look at it");
  await press(mia, "Enter");
  await tabTo(mia, "Take in 3 rows");
  await press(mia, "Enter");
  await mia.getByText("2 new, 0 brought up to date, 1 duplicate left out").first().waitFor();
  const left = mia.getByRole("link", { name: "1 duplicate left out, with line, reason and lead" });
  const sheet = await saved(mia, left.first());
  assert.match(sheet, /^3,the lead has this number,N-1,/m);
  await look(mia, "imports");
  await mia.getByRole("link", { name: "Results of herbst.csv" }).first().click();
  await mia.getByRole("heading", { name: "herbst.csv" }).waitFor();
  await mia.getByText("3 rows: 2 new, 1 duplicate left out.", { exact: false }).waitFor();
  await look(mia, "list");
  await mia.goto(`${address}/leads?q=kr%C3%BCger`);
  await mia.getByRole("button", { name: "Krüger Kälte" }).click();
  await mia.getByText("The contact: read the fleet guide").waitFor();
  await mia.getByText("+4940555990001").waitFor();
  await look(mia, "lead");
  await mia.goto(`${address}/imports`);
  await mia.getByRole("button", { name: "Undo herbst.csv" }).click();
  await mia.getByText("2 leads went", { exact: false }).waitFor();
}

async function results(max) {
  await max.getByRole("button", { name: "By supplier" }).click();
  await max.getByRole("link", { name: "Hanse Listen" }).waitFor();
  await look(max, "suppliers");
  await max.getByRole("button", { name: "By source" }).click();
  // Both clients have one of that name: each stands by itself, with its client.
  const row = (client) =>
    max.getByRole("row").filter({ hasText: client }).filter({ hasText: "website request" });
  for (const client of ["Northlight Fleet", "Calder Insurance"]) await row(client).waitFor();
  await look(max, "clients");
  await row("Calder Insurance").getByRole("link").click();
  await max.getByText("of Calder Insurance").waitFor();
  const sheet = await saved(max, max.getByRole("link", { name: /^Counts to send/ }));
  assert.match(sheet, /^Calder Insurance,website request,/m);
  assert.doesNotMatch(sheet, /Northlight/);
  await max.goto(`${address}/results/source/website%20request`);
  await max.getByText("Several clients have one of that name. Whose?").waitFor();
  await look(max, "whose");
  await max.goto(`${address}/results?by=list`);
  await max
    .getByRole("link", { name: /^leads 20/ })
    .first()
    .waitFor();
  await look(max, "lists");
}

async function content(mia, sam) {
  await mia.goto(`${address}/content`);
  await mia.getByLabel("Title").fill("Fleet guide");
  await mia.getByLabel("or a file", { exact: false }).setInputFiles({
    name: "guide.pdf",
    mimeType: "application/pdf",
    buffer: Buffer.from("%PDF-1.4 guide"),
  });
  await mia.getByLabel("The pain that it answers").fill("two hours a day into delivery notes");
  await mia.getByRole("button", { name: "Offer it", exact: true }).click();
  await mia.getByText("guide.pdf", { exact: false }).first().waitFor();
  await look(mia, "content");
  await sam.getByLabel("Find").fill("logistik");
  await sam.waitForURL(/q=logistik/);
  await look(sam, "handed");
  await sam.getByRole("row").nth(1).getByRole("link").click();
  await sam.getByRole("searchbox", { name: "Search content" }).fill("guide");
  await press(sam, "Enter");
  const take = sam.getByRole("button", { name: /^Save file.*Fleet guide/ }).first();
  assert.equal(await saved(sam, take), "%PDF-1.4 guide");
  await sam.getByText(/Taken so far: .*Fleet guide/).waitFor();
}

/** A program of the client's own that takes leads, on loopback. */
const taken = [];
const program = createServer((request, answer) => {
  let text = "";
  request.on("data", (part) => (text += part));
  request.on("end", () => {
    taken.push(JSON.parse(text));
    answer.writeHead(200, { "content-type": "application/json" }).end('{"id":"r1"}');
  });
});

/** By keyboard: a firm that is there twice becomes one lead, and two again. */
async function duplicates(max) {
  await max.goto(`${address}/duplicates?by=company`);
  await max.getByLabel("Campaign").selectOption({ label: "Fleet autumn, Northlight Fleet" });
  const keep = max.getByRole("button", { name: /^One lead: keep/ }).first();
  await keep.waitFor();
  await look(max, "duplicates");
  await keep.focus();
  await press(max, "Enter");
  const split = max.getByRole("button", { name: /^Split / });
  await split.waitFor();
  await look(max, "merged");
  await split.focus();
  await press(max, "Enter");
  await max.getByText("is a lead of its own", { exact: false }).waitFor();
  await split.waitFor({ state: "detached" });
}

/** A manager says what the program calls a company; what was sent stays, and what is sent again has it. */
async function mapping(max, sam) {
  await max.goto(`${address}/crm`);
  await max.getByRole("button", { name: /^Fields and states/ }).focus();
  await press(max, "Enter");
  await max.getByLabel("Company").fill("firm");
  await max.getByRole("button", { name: "Show what would be sent" }).click();
  await max.getByRole("status", { name: "What would be sent" }).getByText("firm").waitFor();
  await look(max, "mapping");
  const before = taken.length;
  await max.getByRole("button", { name: "Save", exact: true }).click();
  await max.getByText("version 1, changed", { exact: false }).waitFor();
  await sam.getByRole("button", { name: "Send again" }).click();
  while (taken.length === before) await max.waitForTimeout(100);
  assert.ok(taken.at(-1).firm && !taken.at(-1).company, JSON.stringify(taken.at(-1)));
}

async function crm(ada, sam) {
  await new Promise((ready) => program.listen(0, "127.0.0.1", ready));
  const form = ada.getByRole("form", { name: "The CRM of Northlight Fleet" });
  const own = ada.getByRole("article", { name: /Northlight Fleet/ });
  await ada.getByText("Set a CRM up").click();
  await ada.getByLabel("Whose?").selectOption({ label: "Northlight Fleet" });
  await form.getByLabel("Which CRM?").selectOption("plain");
  await form.getByLabel("Address").fill(`http://127.0.0.1:${program.address().port}/leads`);
  await form.getByLabel("Send leads handed over since").fill("2020-01-01");
  await look(ada, "crm-form");
  await form.getByRole("button", { name: "Set it up" }).click();
  await own.getByRole("button", { name: /^Test/ }).click();
  await ada.getByText("It answers, and takes what it is sent.").waitFor();
  await look(ada, "crm");
  await sam.reload();
  await sam
    .getByRole("region", { name: "CRM" })
    .getByText(/^(Sent|Written|Taken)/i)
    .first()
    .waitFor();
  await look(sam, "sent");
  const leads = taken.filter((lead) => lead.claim);
  assert.ok(leads.length > 2, "leads were written");
  // What its CRM reported is not told back to it as an earlier state.
  assert.ok(leads.some((lead) => !("state" in lead)) && leads.some((lead) => "state" in lead));
}

await walk(folder, async () => {
  const mia = await open("mia", "/imports");
  await lists(mia);
  const max = await open("max", "/results");
  await results(max);
  const sam = await open("sam", "/handovers");
  await content(mia, sam);
  await mia.goto(`${address}/marketing-and-sales`);
  await mia.getByText("signed by both").waitFor();
  await look(mia, "agreement");
  await duplicates(max);
  await crm(await open("ada", "/crm"), sam);
  await mapping(max, sam);
  assert.deepEqual(problems, []);
});
program.close();
