import { expect, test } from "vitest";
import { Box, refusal } from "../../../testing/box";
import { alerts, cells, screen, show, textOf } from "../../../testing/show";
import type * as api from "../../api";
import { moment } from "../../format";
import { Coverage } from "./Coverage";

const AT = "2026-11-20T12:00:00Z";
const coverage = (more: Partial<api.Coverage> = {}): api.Coverage => ({
  lines: [],
  totals: {
    calls: 9,
    answered: 6,
    recorded: 5,
    not_recorded: {},
    with_gap: {},
    without_signalling: 1,
  },
  records: 0,
  differences: [],
  from: AT,
  to: AT,
  discarded: [],
  in_the_open: false,
  ...more,
});
const open = async (value: api.Coverage) => {
  const box = new Box({ "GET /coverage": value });
  await show(<Coverage />);
  return box;
};
const text = () => textOf(document.body);

test("seven days are counted", async () => {
  await open(coverage());
  expect(textOf(screen.getByRole("region", { name: "Coverage of the last seven days" }))).toBe(
    "Calls seen, 7 days9Answered6Recorded5Sound without signalling1",
  );
});

test("with nothing missing, no records and no unknown line, each says so", async () => {
  await open(coverage());
  expect(screen.getByText("Nothing is missing")).toBeTruthy();
  expect(screen.getByText("No records yet")).toBeTruthy();
  expect(screen.getByText("Every line is known")).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});

test("what is missing has its reason in words", async () => {
  const { totals } = coverage();
  await open(
    coverage({
      totals: {
        ...totals,
        not_recorded: { no_media: 1, encrypted: 2 },
        with_gap: { lost: 3, of_its_own: 4 },
      },
    }),
  );
  expect(cells()).toEqual([
    ["Answered, no recording", "no sound was seen", "1"],
    ["Answered, no recording", "it is encrypted", "2"],
    ["Has a gap", "packets were lost", "3"],
    ["Has a gap", "of_its_own", "4"],
  ]);
});

test("each difference to the phone system's records has its likely reason", async () => {
  const difference = (kind: api.Difference["kind"], more: Partial<api.Difference> = {}) => ({
    kind,
    at: AT,
    from: "201",
    to: "+4940555",
    call: null,
    record: null,
    likely: "the tap was not running",
    ...more,
  });
  await open(
    coverage({
      records: 4,
      differences: [
        difference("not_seen"),
        difference("not_recorded", { from: null }),
        difference("differs"),
        difference("no_record", { to: null }),
      ],
    }),
  );
  expect(cells().map((r) => r.slice(0, 3))).toEqual([
    [moment(AT), "201 → +4940555", "The phone system has it, we do not"],
    [moment(AT), "? → +4940555", "Answered, not recorded"],
    [moment(AT), "201 → +4940555", "The two accounts differ"],
    [moment(AT), "201 → ?", "We have it, the phone system does not"],
  ]);
  expect(text()).toContain("4 records");
});

test("accounts that agree say so", async () => {
  await open(coverage({ records: 1 }));
  expect(screen.getByText("Both accounts agree")).toBeTruthy();
  expect(text()).toContain("1 record");
});

test("a line that belongs to nobody shows with its calls", async () => {
  await open(coverage({ lines: [{ number: "240", calls: 3, last_at: AT }] }));
  expect(cells()).toEqual([["240", "3", moment(AT)]]);
});

test("trouble is said", async () => {
  new Box({ "GET /coverage": refusal(503, "Busy", "Try again.") });
  await show(<Coverage />);
  expect(alerts()).toEqual(["Busy. Try again.Try again"]);
});

test("packets that the tap discarded are shown with their addresses and first bytes", async () => {
  await open(
    coverage({
      discarded: [
        {
          reason: "after_the_end",
          at: AT,
          addresses: ["10.0.0.1:4000", "10.0.0.2:5000"],
          length: 172,
          first_bytes: "8008",
        },
        { reason: "malformed", at: AT, addresses: null, length: 9, first_bytes: "00" },
      ],
    }),
  );
  expect(text()).toContain("after the end");
  expect(text()).toContain("10.0.0.1:4000 → 10.0.0.2:5000");
  expect(text()).toContain("not read that far");
});

test("a box that records in the open says so", async () => {
  await open(coverage({ in_the_open: true }));
  expect(text()).toContain("Recordings lie in the open");
});
