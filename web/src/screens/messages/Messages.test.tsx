import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { me } from "../../../testing/made";
import {
  alerts,
  cells,
  choose,
  click,
  options,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  within,
  write,
} from "../../../testing/show";
import type * as api from "../../api";
import { moment } from "../../format";
import { Messages } from "./Messages";

const AT = "2026-11-28T10:00:00Z";
const LATER = "2026-11-28T12:00:00Z";
const SECRET = "whsec_AAECAwQF";

const receiver = (more: Partial<api.Receiver> = {}): api.Receiver => ({
  id: "r1",
  name: "Payroll",
  url: "https://pay.example/hook",
  topics: null,
  client: null,
  created_at: AT,
  paused_at: null,
  paused_for: null,
  failures: 0,
  waiting: 0,
  dead: 0,
  oldest: null,
  last_error: null,
  next_attempt_at: null,
  worked_at: AT,
  secret_since: AT,
  earlier_secret_until: null,
  ...more,
});
const message = (more: Partial<api.OutgoingMessage> = {}): api.OutgoingMessage => ({
  id: "m1",
  topic: "verdict.sealed",
  state: "delivered",
  created_at: AT,
  attempts: 1,
  last_at: AT,
  last_status: 200,
  last_error: null,
  replays: 0,
  delivered_at: AT,
  dead_at: null,
  ...more,
});
const DEAD = message({
  id: "m2",
  state: "dead",
  attempts: 16,
  last_error: "it answered 500",
  delivered_at: null,
  dead_at: LATER,
});

let box: Box;
const of = (...receivers: api.Receiver[]) =>
  (box.answers["GET /webhooks"] = {
    receivers,
    topics: ["claim.made", "verdict.sealed"],
    clients: [{ id: "c1", name: "Northlight" }],
    now: AT,
  } satisfies api.Receivers);
const open = (role: api.Role = "admin") => show(<Messages me={me(role)} />);
const one = (name = "Payroll") => screen.getByRole("article", { name: new RegExp(name) });
const status = () => textOf(screen.getAllByRole("status")[0] ?? null);

beforeEach(() => {
  box = new Box({
    "POST /webhooks": { id: "r1", secret: SECRET },
    "GET /webhooks/r1/messages": { messages: [message()], before: null },
    "GET /webhooks/r1/messages?state=dead": { messages: [DEAD], before: null },
    "POST /webhooks/r1/test": nothing,
    "POST /webhooks/r1/pause": nothing,
    "POST /webhooks/r1/resume": nothing,
    "POST /webhooks/r1/secret": { id: "r1", secret: SECRET },
    "POST /webhooks/r1/rotate": { id: "r1", secret: "whsec_new" },
    "PUT /webhooks/r1": nothing,
    "DELETE /webhooks/r1": nothing,
    "POST /webhooks/r1/replay": { messages: 1 },
  });
  of(receiver());
});

describe("an administrator", () => {
  test("reads in words how each receiver stands", async () => {
    of(
      receiver(),
      receiver({ id: "r2", name: "New", worked_at: null }),
      receiver({
        id: "r3",
        name: "CRM",
        topics: ["verdict.sealed"],
        client: "Northlight",
        failures: 3,
        waiting: 2,
        dead: 1,
        last_error: "it answered 500",
        next_attempt_at: LATER,
        earlier_secret_until: LATER,
      }),
      receiver({ id: "r4", name: "Old", paused_at: AT, paused_for: "gone" }),
      receiver({ id: "r5", name: "Resting", paused_at: AT, paused_for: "admin" }),
    );
    box.answers["GET /webhooks/r3/messages?state=dead"] = { messages: [DEAD], before: null };
    await open();
    expect(textOf(one())).toContain(`Working: last delivered ${moment(AT)}.`);
    expect(textOf(one())).toContain("SentEvery topic");
    expect(textOf(one("New"))).toContain("Nothing sent yet. Send a test message to try it.");
    expect(textOf(one("CRM"))).toContain(
      `Failing: it answered 500. 2 messages waiting, tried again ${moment(LATER)}. 1 message ` +
        "given up after three days.SentA verdict is final, of Northlight alone",
    );
    expect(textOf(one("CRM"))).toContain(`the earlier one signs too until ${moment(LATER)}`);
    expect(textOf(one("Old"))).toContain("it answered that it is gone for good");
    expect(textOf(one("Resting"))).toContain(`Paused since ${moment(AT)}; its messages wait.`);
    expect(unnamed()).toEqual([]);
  });

  test("adds one, with its secret shown once and copied", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    of();
    await open();
    expect(textOf(screen.getByRole("main"))).toContain("Nobody is told anything yet");
    expect(options("Whose messages?")).toEqual([
      "All clients’, and the house’s",
      "Northlight alone",
    ]);
    await write("Name", " Payroll ");
    await write("URL", "https://pay.example/hook");
    await click(screen.getByLabelText("Some topics"));
    await click(screen.getByLabelText(/A verdict is final/));
    await choose("Whose messages?", "c1");
    of(receiver());
    await submit("Add the receiver");
    expect(box.sent("POST /webhooks")).toEqual([
      {
        name: "Payroll",
        url: "https://pay.example/hook",
        topics: ["verdict.sealed"],
        client: "c1",
      },
    ]);
    expect(status()).toBe("Payroll is added. Its secret is shown.");
    const shown = screen.getByRole("region", { name: "The secret of Payroll" });
    expect(textOf(shown)).toContain(SECRET);
    await press("Copy it");
    expect(writeText).toHaveBeenCalledWith(SECRET);
    expect(textOf(shown)).toContain("Copied.");
    await press("Hide it");
    expect(document.body.textContent).not.toContain(SECRET);
    expect((screen.getByLabelText("Name") as HTMLInputElement).value).toBe("");
  });

  test("a browser that does not copy says what to do", async () => {
    vi.stubGlobal("navigator", {});
    await open();
    await press("Show the secret of Payroll");
    expect(box.count("POST /webhooks/r1/secret")).toBe(1);
    await press("Copy it");
    expect(textOf(screen.getByRole("region", { name: /The secret/ }))).toContain(
      "mark it and copy it by hand",
    );
  });

  test("what is refused is said, and what was entered stays", async () => {
    box.answers["POST /webhooks"] = refusal(422, "10.0.0.1 is a private address", "Allow it.");
    await open();
    await write("Name", "CRM");
    await write("URL", "https://10.0.0.1/");
    await submit("Add the receiver");
    expect(alerts()).toEqual(["10.0.0.1 is a private address. Allow it."]);
    expect((screen.getByLabelText("URL") as HTMLInputElement).value).toBe("https://10.0.0.1/");
    expect(screen.queryByText(SECRET)).toBeNull();
  });

  test("tries, pauses, resumes and changes one", async () => {
    await open();
    await press("Send a test message to Payroll");
    expect(status()).toBe("A test message goes to Payroll.");
    of(receiver({ paused_at: AT, paused_for: "admin" }));
    await press("Pause of Payroll");
    expect(status()).toBe("Payroll is paused.");
    of(receiver());
    await press("Resume of Payroll");
    expect(box.count("POST /webhooks/r1/resume")).toBe(1);
    await press("Change of Payroll");
    const form = within(screen.getByRole("form", { name: "Save" }));
    expect((form.getByLabelText("URL") as HTMLInputElement).value).toBe("https://pay.example/hook");
    await submit("Save");
    expect(box.sent("PUT /webhooks/r1")).toEqual([
      { name: "Payroll", url: "https://pay.example/hook", topics: null },
    ]);
    expect(status()).toBe("Payroll is changed.");
    expect(screen.queryByRole("form", { name: "Save" })).toBeNull();
  });

  test("makes a new secret, and removes one, after being asked once more", async () => {
    await open();
    await press("New secret of Payroll");
    await press("Keep the secret");
    expect(box.count("POST /webhooks/r1/rotate")).toBe(0);
    await press("New secret of Payroll");
    await press("Make a new secret");
    await press("New secret of Payroll");
    await press("Make a new one, and end the present one now");
    expect(box.sent("POST /webhooks/r1/rotate")).toEqual([{ at_once: false }, { at_once: true }]);
    expect(textOf(screen.getByRole("region", { name: /The secret/ }))).toContain("whsec_new");
    await press("Remove of Payroll");
    await press("Keep it");
    expect(box.count("DELETE /webhooks/r1")).toBe(0);
    await press("Remove of Payroll");
    of();
    await press("Remove Payroll");
    expect(box.count("DELETE /webhooks/r1")).toBe(1);
    expect(status()).toBe("Payroll is removed.");
  });

  test("sees what was given up at once, and replays one or all", async () => {
    of(receiver({ dead: 2 }));
    await open();
    expect(cells()).toEqual([
      [
        "A verdict is final",
        moment(AT),
        `given up ${moment(LATER)}, 16 attempts: it answered 500 m2`,
        `Replay the message of ${moment(AT)}`,
      ],
    ]);
    await press(/^Replay the message/);
    expect(status()).toBe("1 message goes out again.");
    box.answers["POST /webhooks/r1/replay"] = { messages: 2 };
    await press("Replay all 2 given up");
    expect(status()).toBe("2 messages go out again.");
    expect(box.sent("POST /webhooks/r1/replay")).toEqual([{ message: "m2" }, { message: null }]);
    box.answers["POST /webhooks/r1/replay"] = refusal(409, "It is paused", "Resume it first.");
    await press("Replay all 2 given up");
    expect(alerts()).toEqual(["It is paused. Resume it first."]);
    box.answers["GET /webhooks/r1/messages?state=waiting"] = { messages: [], before: null };
    await press("Waiting");
    expect(textOf(one())).toContain("No message waits.");
  });

  test("turns pages, newest first", async () => {
    box.answers["GET /webhooks/r1/messages"] = { messages: [message()], before: 8 };
    const older = { messages: [message({ id: "m0", attempts: 2 })], before: null };
    box.answers["GET /webhooks/r1/messages?before=8"] = older;
    await open();
    await press("Messages of Payroll");
    await press("Older");
    expect(cells()[0]?.[2]).toBe(`delivered ${moment(AT)}, 2 attempts m0`);
    expect(screen.queryByRole("button", { name: "Older" })).toBeNull();
    await press("Newest");
    expect(cells()[0]?.[2]).toContain("m1");
  });
});

describe("a manager", () => {
  test("reads, and acts on nothing", async () => {
    of(receiver({ dead: 1, url: "https://pay.example" }));
    await open("manager");
    expect(textOf(one())).toContain("1 message given up after three days.");
    expect(screen.getAllByRole("button").map(textOf)).toEqual([
      "Messages of Payroll",
      "Given up",
      "Waiting",
      "Delivered",
      "All",
    ]);
    expect(screen.queryByText("Add a receiver")).toBeNull();
  });
});
