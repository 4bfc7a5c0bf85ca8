// Lists of hand-overs: found, narrowed and page by page at an address, and kept up to date as far as they are shown.
import { afterEach, beforeEach, expect, test } from "vitest";
import { Box, settle } from "../../../testing/box";
import { handed, me, ownHanded } from "../../../testing/made";
import {
  cells,
  choose,
  misnamed,
  press,
  screen,
  show,
  textOf,
  unnamed,
} from "../../../testing/show";
import { FakeEventSource } from "../../../testing/stream";
import type { OwnHandover } from "../../api";
import { Handovers } from "./Handovers";
import { Own } from "./Own";

const page = (leads: unknown[], next: string | null = null) => ({
  leads,
  next,
  waiting: 0,
  held_back: 0,
});
const campaigns = (...names: string[]) => ({
  campaigns: names.map((name) => ({ id: name, name, client: "Northlight", needs: [] })),
  changes: false,
});
const companies = () => cells().map((c) => c[0]);

beforeEach(() => history.replaceState(null, "", "/handovers"));
afterEach(() => history.replaceState(null, "", "/"));

test("what is wanted stands in the address, and more comes by its place", async () => {
  history.replaceState(null, "", "/handovers?q=berg");
  const second = handed({ claim: "cl2", company: "Second" });
  const box = new Box({
    "GET /campaign-needs": campaigns("Fleet", "Vans"),
    "GET /handovers?q=berg": page([handed()], "a.5.1001"),
    "GET /handovers?q=berg&after=a.5.1001": page([second]),
    "GET /handovers?which=unanswered&q=berg": page([]),
    "GET /handovers?which=unanswered&q=berg&campaign=Vans": page([]),
  });
  await show(<Handovers me={me("sales")} path="/handovers" />);
  expect(companies()).toEqual(["Brightwater Logisticscontact unknown"]);
  expect(misnamed("table.handed")).toEqual([]);
  await press("Show 50 more");
  expect(companies()).toEqual(["Brightwater Logisticscontact unknown", "Secondcontact unknown"]);
  expect(screen.queryByRole("button", { name: "Show 50 more" })).toBeNull();
  await press("Unanswered");
  expect(location.search).toBe("?q=berg&which=unanswered");
  expect(screen.getByText("None of these")).toBeTruthy();
  await choose("Campaign", "Vans");
  expect(box.count("GET /handovers?which=unanswered&q=berg&campaign=Vans")).toBe(1);
  expect(unnamed()).toEqual([]);
});

test("news leave as many on the page as were shown", async () => {
  const box = new Box({
    "GET /campaign-needs": campaigns("Fleet"),
    "GET /handovers": page([handed()], "a.5.1001"),
    "GET /handovers?after=a.5.1001": page([handed({ claim: "cl2", company: "Second" })], "a.4.1"),
  });
  await show(<Handovers me={me("sales")} path="/handovers" />);
  await press("Show 50 more");
  box.answers["GET /handovers"] = page([handed({ claim: "cl3", company: "New" })], "a.5.1001");
  FakeEventSource.last.changed("handovers");
  await settle();
  expect(companies()).toEqual(["Newcontact unknown", "Secondcontact unknown"]);
  expect(screen.getByRole("button", { name: "Show 50 more" })).toBeTruthy();
});

test("one\u2019s own are found and paged too", async () => {
  history.replaceState(null, "", "/handed-over");
  const box = new Box({
    "GET /handed-over": { leads: [ownHanded()], next: "5.1001" },
    "GET /handed-over?after=5.1001": {
      leads: [ownHanded({ claim: "cl2", company: "Second" })],
      next: null,
    },
    "GET /handed-over?to_do=true": { leads: [], next: null },
  });
  await show(<Own />);
  await press("Show 20 more");
  const names = screen.getAllByRole("heading", { level: 2 }).map((h) => textOf(h));
  expect(names).toEqual(["Brightwater Logistics", "Second"]);
  await choose("Show", "true");
  expect(location.search).toBe("?to_do=true");
  expect(box.count("GET /handed-over?to_do=true")).toBe(1);
  expect(screen.getByText("None of these")).toBeTruthy();
});

test("of a lead that sales turned down, no call is asked for", async () => {
  history.replaceState(null, "", "/handed-over");
  const answer: OwnHandover["answer"] = {
    answer: "reject",
    reason: "no_capacity",
    by: "Sam",
    at: "2026-11-20T09:00:00Z",
    note: "",
    preference: true,
    criterion: null,
    until: null,
    id: "an1",
    replaced: false,
  };
  const calls = { first_call: null, longest_call: null, handover_call: null };
  const box = new Box({
    "GET /handed-over": { leads: [ownHanded({ ...calls, answer })], next: null },
  });
  const page = await show(<Own />);
  expect(textOf(document.body)).toContain(
    "Their first callnot asked forHand-over callnot asked for",
  );
  await page.leave();
  box.answers["GET /handed-over"] = { leads: [ownHanded({ ...calls, answer: null })], next: null };
  await show(<Own />);
  expect(textOf(document.body)).toContain("Their first callnot seen yetHand-over callto do: call");
});
