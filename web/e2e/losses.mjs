// What is lost in lost.mjs, the box, the session or the tab, and how the walk goes on after it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fresh, pagesThere, press } from "./pages.mjs";

const [address, , ...command] = process.argv.slice(2);
const PASSWORD = "assay-demo";

/** Waits until something holds; gives up with the reason why it does not. */
export async function until(holds, patience = 20_000) {
  for (const end = Date.now() + patience; ;) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let box;
export async function start() {
  box = spawn(command[0], command.slice(1), { stdio: ["ignore", "ignore", "inherit"] });
  await until(async () => assert.ok((await fetch(`${address}/readyz`)).ok, "it is not ready"));
  assert.equal(box.exitCode, null, "another program answers at the box's address");
}
/** Ends the box as a power cut does: nothing is said to anybody. */
export async function kill() {
  const gone = once(box, "exit");
  box.kill("SIGKILL");
  await gone;
}
process.on("exit", () => box?.kill("SIGKILL"));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/** The box's answer to somebody who has just signed in, not through the page. */
export async function asks(login, path, method = "GET") {
  const json = { "content-type": "application/json" };
  const body = JSON.stringify({ login, password: PASSWORD });
  const session = await fetch(`${address}/api/v1/session`, { method: "POST", headers: json, body });
  assert.ok(session.ok, `signing in as ${login}: ${session.status}`);
  const cookie = session.headers.get("set-cookie").split(";")[0];
  const answer = await fetch(`${address}/api/v1${path}`, { method, headers: { cookie } });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

/** Somebody at a page; when it is closed, they go on with another one. */
export class Person {
  constructor(login, path) {
    Object.assign(this, { login, path });
  }
  async open() {
    this.page = await fresh(this.login);
    await this.page.goto(address + this.path);
    await this.signIn();
  }
  async signIn() {
    await this.page.getByLabel("Login").fill(this.login);
    await this.page.getByLabel("Password").fill(PASSWORD);
    await press(this.page, "Enter");
    await pagesThere(this.page);
  }
  /** The box forgets the session; the browser does not know. */
  async revoke() {
    const cookies = await this.page.context().cookies();
    const { name, value } = cookies.find((cookie) => cookie.name === "assay_session");
    const headers = { cookie: `${name}=${value}` };
    const r = await fetch(`${address}/api/v1/session`, { method: "DELETE", headers });
    assert.ok(r.ok, `signing out: ${r.status}`);
  }
  async askedForPassword() {
    await this.page.getByRole("heading", { name: "Your session ended" }).waitFor();
  }
  /** Under the question for the password the page is as it was left. */
  async signInOverThePage(step) {
    await this.askedForPassword();
    await step.shows(this.page);
    await this.page.keyboard.insertText(PASSWORD);
    await press(this.page, "Enter");
    const dialog = this.page.getByRole("dialog", { name: "Your session ended" });
    await dialog.waitFor({ state: "detached" });
  }
}

/** What was given is on the screen: nobody closes a tab sooner. */
const drawn = (page) =>
  page.evaluate(() => new Promise((then) => requestAnimationFrame(() => setTimeout(then))));

/** In each somebody acts, and has a page, a session and a box again at its end. */
const LOSSES = {
  revoked: async (who, step) => {
    await who.revoke();
    await step.act(who.page);
    await who.signInOverThePage(step);
  },
  "without its cookie": async (who, step) => {
    await who.page.context().clearCookies();
    await step.act(who.page);
    await who.signInOverThePage(step);
  },
  "out of reach": async (who, step) => {
    await who.page.context().setOffline(true);
    await step.act(who.page);
    await step.missed(who.page);
    await step.shows(who.page);
    await who.page.context().setOffline(false);
    await step.again(who.page);
  },
  killed: async (who, step) => {
    await kill();
    await step.act(who.page);
    await step.missed(who.page);
    await step.shows(who.page);
    await start();
    await step.again(who.page);
  },
  reloaded: async (who, step) => {
    await step.act(who.page);
    await who.page.reload();
    await step.back(who.page);
  },
  closed: async (who, step) => {
    await step.act(who.page);
    await drawn(who.page);
    const [at, context] = [who.page.url(), who.page.context()];
    await who.page.close();
    who.page = await context.newPage();
    await who.page.goto(at);
    await step.back(who.page);
  },
  "reloaded without a box": async (who, step) => {
    await kill();
    await step.act(who.page);
    await step.missed(who.page);
    const at = who.page.url();
    await who.page.reload().catch(() => undefined);
    await start();
    // The browser may load it by itself at the same moment.
    await until(() => who.page.goto(at));
    await step.back(who.page);
  },
  "reloaded without a session": async (who, step) => {
    await who.revoke();
    await step.act(who.page);
    await who.askedForPassword();
    await who.page.reload();
    await who.signIn();
    await step.back(who.page);
  },
};
export const ALL = Object.keys(LOSSES);
export const SESSION = ["revoked", "without its cookie"];
export const BOX = ["out of reach", "killed"];
export const TAB = ["reloaded", "closed"];
export const TAB_WITHOUT_BOX = [...TAB, "reloaded without a box"];

export const nothing = async () => undefined;
let count = 0;
export const lossesSoFar = () => count;

/**
 * Takes a step once for each loss. Of a step: `ready` leads to it, `act` acts and notes what was given, `missed` reads
 * that it is not saved, `again` waits until it is or does it again, `back` leads to it after a reload; `stored` and
 * `shows` compare the box and the page with what was given.
 */
export async function lose(who, name, losses, steps) {
  const step = { ready: nothing, missed: nothing, again: nothing, back: nothing, ...steps };
  for (const [n, loss] of losses.entries()) {
    const began = Date.now();
    try {
      await step.ready(who.page, n);
      await LOSSES[loss](who, { ...step, act: (page) => step.act(page, n) });
      await until(() => step.stored(who.page));
      await until(() => step.shows(who.page));
    } catch (cause) {
      throw new Error(`${name}, ${loss}`, { cause });
    }
    count += 1;
    if (process.env.TIMES) console.log(`${name}, ${loss}: ${Date.now() - began} ms`);
  }
}

/** The page says that the box did not get what was to be sent. */
export const trouble = (page) => page.getByRole("alert").getByText("No connection").waitFor();
/** Adds a word to the text that has the focus; in one event, so that no dialog comes between its letters. */
export async function insert(page, text, word) {
  const more = text ? ` ${word}` : word;
  await page.keyboard.insertText(more);
  return text + more;
}
/** Minutes and seconds, as the page writes them. */
export const clock = (ms) =>
  `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")}`;
