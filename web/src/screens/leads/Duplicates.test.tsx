import { beforeEach, expect, test, vi } from "vitest";
import { Box, nothing, refusal, settle } from "../../../testing/box";
import { me } from "../../../testing/made";
import {
  alerts,
  choose,
  press,
  screen,
  show,
  textOf,
  unnamed,
  within,
} from "../../../testing/show";
import type * as api from "../../api";
import { Duplicates } from "./Duplicates";

const AT = "2026-11-20T12:00:00Z";
const one = (id: string, more: Partial<api.DuplicateLead> = {}): api.DuplicateLead => ({
  id,
  external_id: id.toUpperCase(),
  company: `Company ${id}`,
  contact: "Kim",
  contact_role: null,
  email: null,
  numbers: ["+494055501010"],
  source: "webinar",
  received_at: AT,
  stage: "suspect",
  calls: 2,
  claims: 0,
  taken_in: 0,
  cannot_stay: null,
  ...more,
});
const pair = (a: string, b: string, more: Partial<api.DuplicateLead> = {}) => ({
  one: one(a),
  other: one(b, more),
  shared: "+494055501010",
});
const MERGED: api.MergedLead = {
  id: "m1",
  external_id: "M1",
  company: "Halden",
  into: "l9",
  into_external_id: "L9",
  into_company: "Halden AS",
  merged_at: AT,
  calls: 1,
};

let box: Box;
const open = (role: api.Role = "manager") => show(<Duplicates me={me(role)} />);

beforeEach(() => {
  history.replaceState(null, "", "/duplicates");
  box = new Box({
    "GET /leads/choices": {
      sources: [],
      campaigns: [{ id: "fleet", name: "Fleet", client: "Northlight" }],
    },
    "GET /duplicates?campaign=fleet&by=number": {
      pairs: [pair("l1", "l2"), pair("l3", "l4", { cannot_stay: "the first has been claimed" })],
      next: null,
    } satisfies api.Duplicates,
    "GET /merges?campaign=fleet": { leads: [MERGED], next: null } satisfies api.MergedLeads,
    "POST /leads/l2/merge": { calls: 2, kept: 0 },
    "POST /leads/l1/apart": nothing,
    "POST /leads/m1/split": { calls: 1, kept: 1 },
  });
});

test("a manager keeps one of two, and goes on with the next pair", async () => {
  await open();
  expect(unnamed()).toEqual([]);
  const first = screen.getByRole("article", { name: /^L1 and L2/ });
  expect(textOf(first)).toContain("Both have +494055501010.");
  box.answers["GET /duplicates?campaign=fleet&by=number"] = {
    pairs: [pair("l3", "l4")],
    next: null,
  };
  await press("One lead: keep L1");
  expect(box.sent("POST /leads/l2/merge")).toEqual([{ other: "l1" }]);
  await settle();
  expect(textOf(screen.getByRole("status"))).toBe("L2 is part of L1 now; 2 calls moved.");
  await vi.waitFor(() =>
    expect(document.activeElement?.getAttribute("aria-label")).toMatch(/^L3 and L4/),
  );
});

test("the lead that cannot stay says why, and is not kept", async () => {
  await open();
  const second = screen.getByRole("article", { name: /^L3 and L4/ });
  expect(textOf(second)).toContain("It cannot be the one that stays: the first has been claimed.");
  await press("One lead: keep L4");
  expect(box.count("POST /leads/l3/merge")).toBe(0);
});

test("two leads are two, a merged one is split off, and a refusal is told", async () => {
  await open();
  await press("They are two leads (L1 and L2)");
  expect(box.sent("POST /leads/l1/apart")).toEqual([{ other: "l2" }]);
  await press("Split M1 off");
  await settle();
  expect(textOf(screen.getByRole("status"))).toBe(
    "M1 is a lead of its own; 1 call went back, 1 stay because they stand in a claim.",
  );
  box.answers["POST /leads/m1/split"] = refusal(409, "Not so", "Somebody else decides.");
  await press("Split M1 off");
  expect(alerts().join()).toContain("Somebody else decides.");
});

test("a campaign of many leads is looked through until a pair is found", async () => {
  const begin = "GET /duplicates?campaign=fleet&by=number";
  box.answers[begin] = { pairs: [], next: "L-4000" };
  box.answers[`${begin}&after=L-4000`] = { pairs: [], next: "L-8000" };
  box.answers[`${begin}&after=L-8000`] = { pairs: [pair("l5", "l6")], next: "L-9000" };
  box.answers[`${begin}&after=L-9000`] = { pairs: [], next: "L-13000" };
  box.answers[`${begin}&after=L-13000`] = { pairs: [pair("l7", "l8")], next: null };
  await open();
  await vi.waitFor(() => expect(screen.getByRole("article", { name: /^L5 and L6/ })).toBeTruthy());
  await settle();
  expect(box.count(`${begin}&after=L-9000`)).toBe(0);
  expect(screen.queryByText("Nothing to settle")).toBeNull();
  await press("Show 20 more");
  await vi.waitFor(() => expect(screen.getByRole("article", { name: /^L7 and L8/ })).toBeTruthy());
  expect(screen.queryByRole("button", { name: /more/ })).toBeNull();
});

test("marketing reads, and settles nothing", async () => {
  await open("marketing");
  expect(within(screen.getByRole("main")).queryAllByRole("button")).toEqual([]);
});

test("what is shared is chosen and stays in the address", async () => {
  await open();
  await choose("Which", "company");
  expect(location.search).toContain("by=company");
  await settle();
  expect(box.count("GET /duplicates?campaign=fleet&by=company")).toBe(1);
});
