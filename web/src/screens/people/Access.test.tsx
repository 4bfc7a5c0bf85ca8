import { expect, test, vi } from "vitest";
import { Box, nothing, pass, refusal, settle } from "../../../testing/box";
import { me } from "../../../testing/made";
import {
  alerts,
  click,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  write,
} from "../../../testing/show";
import { Access } from "./Access";

const CLIENTS = [
  { id: "k1", name: "Hollmann Fleet" },
  { id: "k2", name: "Northlight" },
];
const TOM = {
  id: "p9",
  login: "tom",
  name: "Tom Brandt",
  role: "telemarketer",
  pay_basis: "commission",
  disabled_at: null,
  second_factor_since: null,
  second_factor_wanted: false,
  wrong_passwords: 0,
  sessions: 0,
};
const LINES = {
  lines: [{ value: "201", person: "Tom Brandt", client: "Northlight", from: null, to: null }],
  nobodys: [{ value: "231", calls: 3, last_at: "2026-11-20T09:00:00Z" }],
};
const given = (more = {}) =>
  new Box({
    "GET /people": { people: [TOM], clients: CLIENTS },
    "GET /tokens": { tokens: [], clients: CLIENTS },
    "GET /lines": LINES,
    ...more,
  });
const shown = async () => {
  await show(<Access me={me("admin")} />);
  await settle();
};

test("somebody is added, and their first password is shown once", async () => {
  const box = given({ "POST /people": { id: "p10", password: "00ff00ff00ff00ff" } });
  await shown();
  await write("Name", "Tina Roth");
  await write("Login, without spaces", "tina");
  screen.getByRole("checkbox", { name: "Northlight", hidden: true }).click();
  await submit("Add them");
  expect(box.sent("POST /people")).toEqual([
    { name: "Tina Roth", login: "tina", role: "telemarketer", pay_basis: "fixed", clients: ["k2"] },
  ]);
  expect(screen.getByText("00ff00ff00ff00ff")).toBeTruthy();
  expect(screen.getByText("The first password of Tina Roth")).toBeTruthy();
  await press("Hide it");
  expect(screen.queryByText("00ff00ff00ff00ff")).toBeNull();
  expect(unnamed()).toEqual([]);
});

test("what the box refuses is told, and what was written stays", async () => {
  given({ "POST /people": refusal(409, "Conflict", "Somebody signs in with this already.") });
  await shown();
  await write("Name", "Tina Roth");
  await write("Login, without spaces", "tom");
  await submit("Add them");
  expect(alerts().join(" ")).toContain("Somebody signs in with this already.");
  expect((screen.getByLabelText("Login, without spaces") as HTMLInputElement).value).toBe("tom");
});

test("who lost their password gets a new one", async () => {
  const box = given({ "POST /people/p9/password": { id: "p9", password: "1234abcd" } });
  await shown();
  await press("Password lost: Tom Brandt");
  expect(box.count("POST /people/p9/password")).toBe(1);
  expect(screen.getByText("The first password of Tom Brandt")).toBeTruthy();
});

test("a line that is nobody’s is given to somebody from where it stands", async () => {
  const box = given({ "POST /lines": nothing });
  await shown();
  expect(textOf(screen.getByRole("region", { name: "Lines" }))).toContain("3 calls are nobody’s");
  await press("Say whose it is: line 231");
  await submit("Give it");
  expect(box.sent("POST /lines")).toEqual([
    { value: "231", person: "p9", client: "k1", from: null },
  ]);
  expect(unnamed()).toEqual([]);
});

test("a client is added", async () => {
  const box = given({ "POST /clients": { id: "k3", name: "Albrecht" } });
  await shown();
  await write("Whose leads are called?", " Albrecht ");
  await submit("Add it");
  expect(box.sent("POST /clients")).toEqual([{ name: "Albrecht" }]);
});

const found = async (words: string) => {
  await write("Find", words);
  await pass(1_000);
};

test("of a thousand people a few are shown, and anybody is found by name, login, role or line", async () => {
  vi.useFakeTimers();
  const people = Array.from({ length: 1_000 }, (_, n) => ({
    ...TOM,
    id: `p${n}`,
    login: `agent${n}`,
    name: n === 777 ? "Jürgen Weiß" : `Agent ${n}`,
  }));
  const lines = people.map((p, n) => ({ ...LINES.lines[0], value: `4${n}`, person: p.name }));
  given({
    "GET /people": { people, clients: CLIENTS },
    "GET /lines": { lines, nobodys: [] },
  });
  await shown();
  const count = () =>
    screen.getAllByRole("row").filter((r) => /agent\d|4\d/.test(textOf(r))).length;
  expect(screen.getByText("1000 people")).toBeTruthy();
  expect(count()).toBe(100);
  const [more] = screen.getAllByRole("button", { name: "Show more" });
  if (more) await click(more);
  expect(count()).toBe(150);
  await found("jurgen w");
  expect(screen.getByText("1 of 1000 people")).toBeTruthy();
  expect(count()).toBe(2);
  expect(location.search).toBe("?q=jurgen+w");
  await found("nobody like that");
  expect(screen.getByText("Nobody fits that")).toBeTruthy();
  expect(screen.getByText("No line fits that.")).toBeTruthy();
});
