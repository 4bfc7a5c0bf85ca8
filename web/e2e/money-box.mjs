// The box of money.mjs on one day or another, and what people do on it without a page.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "./losses.mjs";

export const [address, folder, ...command] = process.argv.slice(2);
const [program, ...place] = command;

/** What makes a program see another day, by Debian's faketime: timers run as ever. */
const preload = execFileSync("faketime", ["-f", "+0d", "printenv", "LD_PRELOAD"]).toString().trim();
const environment = (days) => ({
  ...process.env,
  ...(days === 0
    ? {}
    : {
        LD_PRELOAD: preload,
        FAKETIME: `${days > 0 ? "+" : ""}${days}d`,
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
      }),
});

/** What the command line says on a day, so many days from now. */
export const assay = (days, ...words) =>
  execFileSync(program, [...place, ...words], {
    env: environment(days),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

let box;
export async function start(days) {
  const words = [...place, "demo", "--listen", new URL(address).host];
  box = spawn(program, words, { env: environment(days), stdio: ["ignore", "ignore", "inherit"] });
  await until(async () => assert.ok((await fetch(`${address}/readyz`)).ok, "it is not ready"));
  assert.equal(box.exitCode, null, "another program answers at the box's address");
}
export async function stop() {
  if (!box || box.exitCode !== null) return;
  const gone = once(box, "exit");
  box.kill();
  await gone;
}
process.on("exit", () => box?.kill("SIGKILL"));

export const PASSWORD = "assay-demo";

let keys = 0;
/** Somebody without a page. */
export class Caller {
  constructor(login) {
    this.login = login;
  }
  async ask(method, path, body) {
    this.cookie ??= await this.#signIn();
    const answer = await this.#send(method, path, body);
    const said = answer.status === 204 ? undefined : await answer.json();
    assert.ok(answer.ok, `${this.login}, ${method} ${path}: ${JSON.stringify(said)}`);
    return said;
  }
  /** What is said to somebody who may not. */
  async refused(method, path, body) {
    this.cookie ??= await this.#signIn();
    const answer = await this.#send(method, path, body);
    assert.ok(!answer.ok, `${this.login}, ${method} ${path} is not refused`);
    return { status: answer.status, ...(await answer.json()) };
  }
  /** The box serves the sound, and what was played is credited only then. */
  async listen(item, { call, to_ms }) {
    const headers = { cookie: this.cookie };
    await (await fetch(`${address}/api/v1/calls/${call}/audio`, { headers })).arrayBuffer();
    await pause(to_ms / 2 + 200);
    const played = [{ from_ms: 0, to_ms, speed: 2 }];
    await this.ask("POST", `/review/${item}/heard`, { call, played });
  }
  async #signIn() {
    const body = { login: this.login, password: PASSWORD };
    const session = await this.#send("POST", "/session", body);
    assert.ok(session.ok, `signing in as ${this.login}: ${session.status}`);
    return session.headers.get("set-cookie").split(";")[0];
  }
  #send(method, path, body) {
    const headers = {
      "content-type": "application/json",
      "idempotency-key": `money-key-${keys++}`,
    };
    if (this.cookie) headers.cookie = this.cookie;
    const sent = body === undefined ? undefined : JSON.stringify(body);
    return fetch(`${address}/api/v1${path}`, { method, headers, body: sent });
  }
}

const PASSES = {
  budget: "in_place",
  authority: "decides",
  need: "pain",
  timescale: "months_3",
  next_step: "yes",
};
/** The prospect's first words that are long enough to be a moment. */
function momentOf({ call, lanes }) {
  const { speech } = lanes.find((l) => l.who === "prospect");
  return { call, ...speech.find((s) => s.to_ms - s.from_ms > 1_200) };
}

/** Judges the oldest claim, which passes or fails by its first row; gives its company and when its hold ends. */
export async function judgeNext(reviewer, company, passes = true) {
  const item = await reviewer.ask("POST", "/review/take");
  assert.equal(item.company, company);
  const evidence = momentOf(item.calls[0]);
  await reviewer.listen(item.id, evidence);
  const given = passes ? Object.entries(PASSES) : [["budget", "none"]];
  const answers = given.map(([criterion, answer]) => ({
    criterion,
    answer,
    evidence,
    words: criterion === "need" ? "Drivers lose two hours a day" : undefined,
  }));
  const path = `/review/${item.id}/verdict`;
  return { ...(await reviewer.ask("POST", path, { answers, note: "" })), evidence };
}

/** Claims the newest call with a company that has sound. */
export async function claim(who, company) {
  const { calls } = await who.ask("GET", "/calls");
  const call = calls.findLast((c) => c.lead?.company === company && c.duration_ms);
  const body = { calls: [call.id], write_up: `What ${company} said makes it a lead.`, answers: {} };
  return who.ask("POST", "/claims", body);
}
