import { beforeEach, expect, test, vi } from "vitest";
import { Box, refusal, settle } from "../../../testing/box";
import { alerts, cells, press, screen, show, textOf } from "../../../testing/show";
import { FakeEventSource } from "../../../testing/stream";
import type { QueueItem, SecondReviewItem } from "../../api";
import { moment } from "../../format";
import { Queue } from "./Queue";

const NOW = "2026-11-20T12:00:00Z";
const item = (more: Partial<QueueItem> = {}): QueueItem => ({
  id: "cl1",
  number: "C-7",
  company: "Brightwater Logistics",
  campaign: "Fleet autumn",
  created_at: "2026-11-20T09:00:00Z",
  first: false,
  ...more,
});
const second = (more: Partial<SecondReviewItem> = {}): SecondReviewItem => ({
  id: "l1",
  number: "S-1",
  company: "Halden Cold Chain",
  campaign: "Fleet autumn",
  kind: "second_review",
  due_at: "2026-11-21T12:00:00Z",
  ...more,
});
const box = (claims: QueueItem[], seconds: SecondReviewItem[] = []) =>
  new Box({
    "GET /queue": { claims, waiting: claims.length, skipped: 0 },
    "GET /second-reviews": { second_reviews: seconds, now: NOW },
  });
const tables = () => screen.getAllByRole("table");

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(NOW) });
});

test("claims wait in their order, with how long, and what was put first says so", async () => {
  box([item({ first: true }), item({ id: "cl2", number: "C-8", created_at: NOW })]);
  await show(<Queue />);
  expect(cells(tables()[0])).toEqual([
    ["C-7 first", "Brightwater Logistics", "Fleet autumn", moment("2026-11-20T09:00:00Z"), "3 h"],
    ["C-8", "Brightwater Logistics", "Fleet autumn", moment(NOW), "just now"],
  ]);
});

test("second reviews say what is overdue, by the box's clock, and never why they were asked for", async () => {
  // Ours is two days ahead.
  vi.setSystemTime(Date.parse(NOW) + 2 * 86_400_000);
  box(
    [],
    [
      second({ due_at: "2026-11-20T11:59:00Z" }),
      second({ id: "l2", number: "S-2", kind: "calibration" }),
    ],
  );
  await show(<Queue />);
  expect(cells(tables()[0]).map((r) => [r[0], r[3], r[4]])).toEqual([
    ["S-1", "Second review", `${moment("2026-11-20T11:59:00Z")} overdue`],
    ["S-2", "Calibration", moment("2026-11-21T12:00:00Z")],
  ]);
  expect(textOf(document.body)).not.toMatch(/dispute of|rejected|sample/i);
});

test("how many wait and how many were skipped is said, and no claim is picked", async () => {
  const made = box([item()]);
  made.answers["GET /queue"] = { claims: [item()], waiting: 14, skipped: 2 };
  await show(<Queue />);
  expect(textOf(document.body)).toContain("14 wait for you, 2 that you skipped come last;");
  expect(screen.queryByRole("link")).toBeNull();
});

test("empty queues say what comes, and where from", async () => {
  box([]);
  await show(<Queue />);
  expect(screen.getByText("Nothing waits")).toBeTruthy();
  expect(screen.getByText("New claims appear here by themselves.")).toBeTruthy();
  expect(screen.getByText("None for you")).toBeTruthy();
});

test("a new claim appears by itself, over one stream for both lists", async () => {
  const made = box([]);
  await show(<Queue />);
  expect(FakeEventSource.all.length).toBe(1);
  made.answers["GET /queue"] = { claims: [item()], waiting: 1, skipped: 0 };
  FakeEventSource.last.changed("queue");
  await settle();
  expect(cells(tables()[0]).length).toBe(1);
  expect(made.count("GET /second-reviews")).toBe(2);
});

test("one list in trouble leaves the other", async () => {
  const made = box([item()]);
  made.answers["GET /second-reviews"] = refusal(503, "Busy", "Try again.");
  await show(<Queue />);
  expect(alerts().length).toBe(1);
  expect(tables().length).toBe(1);
});

test("its buttons lead to the desk", async () => {
  box([item()]);
  await show(<Queue />);
  await press("Go to the desk");
  expect(location.pathname).toBe("/review");
  await press("Go to their desk");
  expect(location.pathname).toBe("/second-reviews");
});
