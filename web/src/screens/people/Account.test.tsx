import { expect, test, vi } from "vitest";
import { Box, nothing, refusal, settle } from "../../../testing/box";
import { me } from "../../../testing/made";
import { alerts, press, screen, show, submit, unnamed, write } from "../../../testing/show";
import { Access } from "./Access";
import { Account, browser } from "./Account";

const session = (id: string, own: boolean) => ({
  id,
  own,
  created_at: "2026-11-20T09:00:00Z",
  expires_at: "2026-11-20T21:00:00Z",
  seen_at: null,
  address: own ? "192.0.2.1" : "192.0.2.9",
  agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
  second_factor: false,
});
const SESSIONS = {
  sessions: [session("a", true), session("b", false)],
  second_factor_since: null,
  recovery_codes_left: 0,
};
const changed = vi.fn();

test("sessions say from where and with what, and each but this one can be ended", async () => {
  const box = new Box({ "GET /me/sessions": SESSIONS, "DELETE /me/sessions/b": nothing });
  await show(<Account me={me("reviewer")} changed={changed} />);
  await settle();
  expect(screen.getAllByText("Chrome on Linux").length).toBe(2);
  expect(screen.queryByRole("button", { name: "End it: the session from 192.0.2.1" })).toBeNull();
  await press("End it: the session from 192.0.2.9");
  expect(box.count("DELETE /me/sessions/b")).toBe(1);
  expect(box.count("GET /me/sessions")).toBe(2);
  expect(unnamed()).toEqual([]);
});

test("a new password is typed twice, and the box's no is said", async () => {
  const box = new Box({
    "GET /me/sessions": SESSIONS,
    "PUT /me/password": refusal(422, "This is not your password", "Nothing was changed."),
  });
  await show(<Account me={me("reviewer")} changed={changed} />);
  await write("Present password", "old");
  await write("New password", "four words of mine");
  await write("New password once more", "four words of yours");
  await submit("Change it");
  expect(alerts().join()).toContain("not the same both times");
  expect(box.count("PUT /me/password")).toBe(0);
  await write("New password once more", "four words of mine");
  await submit("Change it");
  expect(box.sent("PUT /me/password")).toEqual([{ current: "old", new: "four words of mine" }]);
  expect(alerts().join()).toContain("This is not your password. Nothing was changed.");
});

test("a password that somebody else made is the first thing to change", async () => {
  changed.mockClear();
  const box = new Box({ "PUT /me/password": nothing });
  await show(<Account me={me("reviewer", { password_is_first: true })} changed={changed} />);
  expect(screen.getByText(/Somebody else made your password/)).toBeTruthy();
  expect(screen.getByText("Change your password").closest("details")?.open).toBe(true);
  await write("Present password", "made-for-me");
  await write("New password", "four words of mine");
  await write("New password once more", "four words of mine");
  await submit("Change it");
  expect(box.count("PUT /me/password")).toBe(1);
  expect(changed).toHaveBeenCalledOnce();
});

test("a second factor is set up by picture and code, and leaves recovery codes", async () => {
  changed.mockClear();
  const box = new Box({
    "GET /me/sessions": SESSIONS,
    "POST /me/second-factor": { secret: "GEZDG", uri: "otpauth://totp/x", picture: "<svg/>" },
    "POST /me/second-factor/confirm": { codes: ["aaaaa-bbbbb", "ccccc-ddddd"] },
  });
  await show(<Account me={me("manager", { second_factor_missing: true })} changed={changed} />);
  expect(screen.getByText(/Your role needs a second factor/)).toBeTruthy();
  await write("Your password", "assay");
  await submit("Set it up");
  expect(screen.getByAltText(/secret as a picture/)).toBeTruthy();
  await write("Code", "123456");
  await submit("Turn it on");
  expect(box.sent("POST /me/second-factor/confirm")).toEqual([{ code: "123456" }]);
  expect(screen.getByText("ccccc-ddddd")).toBeTruthy();
  expect(changed).not.toHaveBeenCalled();
  await press("I have them");
  expect(changed).toHaveBeenCalledOnce();
});

test("it is taken off with password and code", async () => {
  const box = new Box({ "GET /me/sessions": SESSIONS, "DELETE /me/second-factor": nothing });
  await show(<Account me={me("manager", { second_factor: true })} changed={changed} />);
  await settle();
  await write("Your password", "assay");
  await write("A code, or a recovery code", "aaaaa-bbbbb");
  await submit("Take it off");
  const sent = { password: "assay", code: "aaaaa-bbbbb" };
  expect(box.sent("DELETE /me/second-factor")).toEqual([sent]);
});

test("a browser is named in the words that people use", () => {
  expect(browser("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/145.0")).toBe(
    "Firefox on Windows",
  );
  expect(browser("Mozilla/5.0 (iPhone; CPU) Version/18.4 Safari/604.1")).toBe("Safari on iPhone");
  expect([browser("curl/8.1"), browser("")]).toEqual(["curl/8.1", "not said"]);
});

const somebody = (more = {}) => ({
  id: "p9",
  login: "tom",
  name: "Tom Brandt",
  role: "telemarketer",
  pay_basis: "commission",
  disabled_at: null,
  second_factor_since: null,
  second_factor_wanted: true,
  wrong_passwords: 4,
  sessions: 2,
  ...more,
});
const NO_LINES = { lines: [], nobodys: [] };
const NO_TOKENS = { tokens: [], clients: [{ id: "k1", name: "Hollmann Fleet" }] };

test("a login is switched off in one step, after being asked", async () => {
  const box = new Box({
    "GET /people": { people: [somebody()], clients: [] },
    "GET /lines": NO_LINES,
    "GET /tokens": NO_TOKENS,
    "POST /people/p9/disable": nothing,
  });
  await show(<Access me={me("admin")} />);
  await settle();
  expect(screen.getByText("second factor missing")).toBeTruthy();
  await press("Switch off: Tom Brandt");
  expect(box.count("POST /people/p9/disable")).toBe(0);
  await press("Switch it off");
  expect(box.count("POST /people/p9/disable")).toBe(1);
  expect(unnamed()).toEqual([]);
});

test("nobody is offered to switch off their own login", async () => {
  new Box({
    "GET /people": { people: [somebody({ id: "p-admin" })], clients: [] },
    "GET /lines": NO_LINES,
    "GET /tokens": NO_TOKENS,
  });
  await show(<Access me={me("admin")} />);
  await settle();
  expect(screen.queryByRole("button", { name: /Switch off/ })).toBeNull();
});

test("a token says what it is good for, and is shown once", async () => {
  const box = new Box({
    "GET /people": { people: [], clients: [] },
    "GET /lines": NO_LINES,
    "GET /tokens": NO_TOKENS,
    "POST /tokens": { id: "t1", token: "assay_00ff" },
  });
  await show(<Access me={me("admin")} />);
  await settle();
  await write("Which machine gets it?", "PBX");
  screen.getByRole("checkbox", { name: /pause and resume/, hidden: true }).click();
  await submit("Make it");
  expect(box.sent("POST /tokens")).toEqual([
    { name: "PBX", client: null, scopes: ["pause"], days: null },
  ]);
  expect(screen.getByText("assay_00ff")).toBeTruthy();
  await press("Hide it");
  expect(screen.queryByText("assay_00ff")).toBeNull();
});
