// Another system is told what happens: added, tried, failing, given up after three days, replayed, paused and removed.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { Caller, start, stop } from "./money-box.mjs";
import { act, fill, go, keepsFocus, look, open } from "./money-pages.mjs";
import { until } from "./losses.mjs";
import { press, tabTo } from "./pages.mjs";

/** What came, and what is answered to what comes. */
const got = [];
let answers = 204;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  got.push({ headers: request.headers, body, answered: answers });
  response.writeHead(answers).end();
});

/** As https://www.standardwebhooks.com has it, by hand. */
function signed(secret, { headers, body }) {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const [id, at] = [headers["webhook-id"], headers["webhook-timestamp"]];
  const own = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64");
  return headers["webhook-signature"].split(" ").includes(`v1,${own}`);
}
const arrived = (topic, answered, times = 1) =>
  until(() => {
    const found = got.filter((g) => JSON.parse(g.body).type === topic && g.answered === answered);
    assert.ok(found.length >= times, `${found.length} of ${topic} answered ${answered}`);
    return found.at(-1);
  });

export async function tells() {
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${server.address().port}/hook`;
  try {
    const secret = await added(url);
    await fails();
    // Three days later it is given up, with the next failure.
    await stop();
    await start(4);
    await replayed(secret);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const receiver = (page) => page.getByRole("article", { name: /^Payroll/ });

async function added(url) {
  const ada = await open("ada", "/messages");
  await ada.getByText("Nobody is told anything yet").waitFor();
  await ada.getByText("Add a receiver").first().focus();
  await press(ada, "Enter");
  await ada.getByLabel("Name").focus();
  await fill(ada, "Payroll", "http://10.0.0.1/hook");
  await tabTo(ada, "Add the receiver", 6);
  await press(ada, "Enter");
  await ada.getByText("10.0.0.1 is a private address").waitFor();
  await ada.getByLabel("URL").fill(url);
  await press(ada, "Enter");
  const shown = ada.getByRole("region", { name: "The secret of Payroll" });
  const secret = await shown.locator("code").textContent();
  await look(ada, "secret");
  await act(shown, "Hide it");
  await keepsFocus(ada, "a secret is hidden");
  const one = receiver(ada);
  await one.getByText("Nothing sent yet.").waitFor();
  await act(one, "Send a test message to Payroll");
  const test = await arrived("webhook.test", 204);
  assert.ok(
    signed(secret, test),
    "the test message is not signed by the secret that the page shows",
  );
  assert.ok(!signed(secret, { ...test, body: `${test.body} ` }), "any body fits the signature");
  await one.getByText(/^Working: last delivered/).waitFor();
  await keepsFocus(ada, "a test message is sent");
  await ada.context().close();
  return secret;
}

/** While it is paused messages wait; then it answers with an error, and is tried again. */
async function fails() {
  const ada = await open("ada", "/messages");
  const one = receiver(ada);
  await act(one, "Pause of Payroll");
  await one.getByText(/^Paused since/).waitFor();
  await keepsFocus(ada, "a receiver is paused");
  await act(one, "Send a test message to Payroll");
  await one.getByText("It is paused. Resume it, then send a test message.").waitFor();
  // A telemarketer reads the plan at last, and what waited for that is booked.
  const before = got.length;
  const tom = new Caller("tom");
  const { versions } = await tom.ask("GET", "/plans");
  await tom.ask("POST", `/plans/${versions.find((v) => v.to_read).id}/acknowledge`);
  const other = new Caller("ada");
  const { receivers } = await other.ask("GET", "/webhooks");
  await until(async () => {
    const waiting = `/webhooks/${receivers[0].id}/messages?state=waiting`;
    const { messages } = await other.ask("GET", waiting);
    assert.ok(
      messages.some((m) => m.topic === "entry.booked"),
      "nothing waits",
    );
  });
  await act(one, "Messages of Payroll");
  const letters = one.getByRole("table", { name: "Messages of Payroll" });
  const row = letters.locator("tr", { hasText: "An entry is booked" });
  await row.getByText("waiting", { exact: false }).waitFor();
  assert.equal(got.length, before, "a paused receiver was sent something");
  answers = 500;
  await act(one, "Resume of Payroll");
  await one.getByText(/^Failing: it answered 500.* messages? waiting, tried again/).waitFor();
  // Again by itself, in some five seconds; in order, so that what comes after waits untried.
  const tried = letters.getByText(/waiting, [2-9] attempts: it answered 500/);
  await tried.waitFor();
  assert.equal(new Set(failed().map((g) => g.headers["webhook-id"])).size, 1, "out of order");
  await look(ada, "messages-failing");
  await ada.context().close();
}

const failed = () => got.filter((g) => g.answered === 500);

async function replayed(secret) {
  const ada = await open("ada", "/messages");
  const one = receiver(ada);
  await one.getByText(/messages? given up after three days/).waitFor();
  const givenUp = one.locator("tr", { hasText: /given up .* attempts: it answered 500/ }).first();
  await givenUp.waitFor();
  await look(ada, "messages");
  const ids = new Set(failed().map((g) => g.headers["webhook-id"]));
  const before = got.length;
  answers = 204;
  await act(givenUp, /^Replay the message/);
  const again = await until(() => {
    const found = got.slice(before).find((g) => ids.has(g.headers["webhook-id"]));
    assert.ok(found, "what was given up is not replayed by the id that it had");
    return found;
  });
  assert.ok(signed(secret, again), "a replayed message is not signed");
  await keepsFocus(ada, "a message is replayed");
  // A manager reads, and acts on nothing.
  const max = await open("max", "/messages");
  await receiver(max)
    .getByText(/^Working/)
    .waitFor();
  assert.equal(await max.getByRole("button", { name: /^(Pause|Replay|Remove|Show)/ }).count(), 0);

  await act(one, "Remove of Payroll");
  await tabTo(ada, "Remove Payroll", 2);
  await press(ada, "Enter");
  await ada.getByText("Nobody is told anything yet").waitFor();
  await keepsFocus(ada, "a receiver is removed");
  await go(ada, "Messages");
  console.log(`${got.length} messages came to a receiver, signed, failing, given up and replayed`);
}
