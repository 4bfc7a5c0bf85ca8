import { expect, test } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import {
  alerts,
  cells,
  choose,
  options,
  press,
  screen,
  show,
  submit,
  textOf,
  write,
  misnamed,
} from "../../../testing/show";
import type * as api from "../../api";
import { moment, month } from "../../format";
import { Coverage } from "./Coverage";

const AT = "2026-11-20T12:00:00Z";
const coverage = (more: Partial<api.Coverage> = {}): api.Coverage => ({
  zone: "Europe/Berlin",
  lines: [],
  untold: [],
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
  months: [],
  target_percent: 99,
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
  expect(textOf(screen.getByRole("region", { name: "Coverage, 7 days" }))).toBe(
    "Calls seen, 7 days9Answered6Recorded5Sound without signalling1",
  );
});

test("where nobody is singled out, calls are not counted, and it says of whom", async () => {
  const untold = ["Northlight Fleet"];
  await open(coverage({ untold, totals: null, records: null }));
  expect(text()).toContain("promised of Northlight Fleet that nobody is singled out");
  expect(text()).toContain("those calls are not counted here");
  expect(screen.queryByRole("region", { name: "Coverage, 7 days" })).toBeNull();
  expect(screen.getByText("No difference is listed")).toBeTruthy();
});

test("calls of other clients are counted beside", async () => {
  await open(coverage({ untold: ["Northlight Fleet"] }));
  expect(text()).toContain("those calls are in no count below");
  expect(screen.getByRole("region", { name: "Coverage, 7 days" })).toBeTruthy();
});

test("with nothing missing, no records and no unknown line, each says so", async () => {
  await open(coverage());
  expect(screen.getByText("Nothing is missing")).toBeTruthy();
  expect(screen.getByText("No records yet")).toBeTruthy();
  expect(screen.getByText("Every line is known")).toBeTruthy();
  expect(screen.queryByRole("table")).toBeNull();
});

test("where no call was seen, it is not said that nothing is missing", async () => {
  const none = { calls: 0, answered: 0, recorded: 0, without_signalling: 0 };
  await open(coverage({ totals: { ...coverage().totals!, ...none } }));
  expect(screen.getByText("No call was seen")).toBeTruthy();
  expect(screen.queryByText("Nothing is missing")).toBeNull();
});

test("what is missing has its reason in words", async () => {
  const totals = coverage().totals!;
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
    answered: true,
    notes: [],
    likely: "the tap was not running",
    ...more,
  });
  await open(
    coverage({
      records: 4,
      differences: [
        difference("not_seen"),
        difference("not_recorded", { from: null }),
        difference("recorded_in_error"),
        difference("length"),
        difference("differs"),
        difference("no_record", { to: null }),
      ],
    }),
  );
  expect(cells().map((r) => r.slice(0, 3))).toEqual([
    [moment(AT, "Europe/Berlin"), "201 → +4940555", "Missing: the phone system has it, we do not"],
    [moment(AT, "Europe/Berlin"), "? → +4940555", "Missing: answered, not recorded"],
    [moment(AT, "Europe/Berlin"), "201 → +4940555", "Recorded in error: nobody answered"],
    [moment(AT, "Europe/Berlin"), "201 → +4940555", "The lengths differ"],
    [moment(AT, "Europe/Berlin"), "201 → +4940555", "The two differ on whether it was answered"],
    [moment(AT, "Europe/Berlin"), "201 → ?", "We have it, the phone system does not"],
  ]);
  expect(cells().map((row) => row[3])).toEqual(Array(6).fill("the tap was not running"));
  expect(text()).toContain("4 records");
});

test("accounts that agree say so", async () => {
  await open(coverage({ records: 1 }));
  expect(screen.getByText("Both accounts agree")).toBeTruthy();
  expect(text()).toContain("1 record");
});

test("a line that belongs to nobody shows with its calls", async () => {
  await open(coverage({ lines: [{ number: "240", calls: 3, last_at: AT }] }));
  expect(cells()).toEqual([["240", "3", moment(AT, "Europe/Berlin")]]);
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
  expect(cells().map((row) => row.slice(2))).toEqual([
    ["10.0.0.1:4000 → 10.0.0.2:5000", "172", "8008"],
    ["not read that far", "9", "00"],
  ]);
});

test("a box that records in the open says so", async () => {
  await open(coverage({ in_the_open: true }));
  expect(text()).toContain("Recordings lie in the open");
});

test("a month says whether its target was reached, and by how many calls it was missed", async () => {
  const made = { answered: 200, in_error: 1, lengths: 3 };
  const rate = (r: number) => ({ rate: r, low: r - 0.02, high: Math.min(1, r + 0.01) });
  await open(
    coverage({
      records: 400,
      months: [
        { ...made, month: "2026-10", recorded: 199, rate: rate(0.995), met: true },
        { ...made, month: "2026-11", recorded: 190, rate: rate(0.95), met: false },
        { ...made, month: "2026-12", answered: 0, recorded: 0, rate: null, met: true },
      ],
    }),
  );
  expect(misnamed()).toEqual([]);
  expect(cells(screen.getByRole("table"))).toEqual([
    ["October 2026", "200", "199", "99.50 %", "reached", "1", "3"],
    ["November 2026", "200", "190", "95.00 %", "missed by 10 calls", "1", "3"],
    ["December 2026", "0", "0", "none answered", "nothing to record", "1", "3"],
  ]);
});

test("what was found out is written beside the difference, and stands there with who wrote it", async () => {
  const value = coverage({
    records: 1,
    differences: [
      {
        kind: "not_seen",
        at: AT,
        from: "201",
        to: "117",
        call: null,
        record: "r1",
        answered: true,
        likely: "the tap was not running",
        notes: [{ by: "Ada Voss", text: "The switch was being replaced.", at: AT }],
      },
    ],
  });
  const box = new Box({ "GET /coverage": value, "POST /coverage/notes": nothing });
  await show(<Coverage />);
  expect(text()).toContain("Ada Voss");
  expect(text()).toContain("The switch was being replaced.");
  await press(/^Note/);
  await write("What did you find out?", "The mirror port was off until noon.");
  await submit("Write it down");
  expect(box.sent("POST /coverage/notes")).toEqual([
    { record: "r1", text: "The mirror port was off until noon." },
  ]);
  expect(box.count("GET /coverage")).toBe(2);
});

test("a month is chosen, stands in the address, and is what is counted and exported", async () => {
  const box = await open(coverage());
  const now = new Date().toISOString().slice(0, 7);
  expect(options("Calls of").slice(0, 2)).toEqual(["the last seven days", month(now)]);
  const totals = { ...coverage().totals!, calls: 4321 };
  box.answers[`GET /coverage?month=${now}`] = coverage({ totals });
  await choose("Calls of", now);
  expect(location.search).toBe(`?month=${now}`);
  const counted = screen.getByRole("region", { name: `Coverage, ${month(now)}` });
  expect(textOf(counted)).toContain(`Calls seen, ${month(now)}4,321`);
  expect(screen.getByRole("link", { name: "Export CSV" }).getAttribute("href")).toBe(
    `/api/v1/coverage.csv?month=${now}`,
  );
  history.replaceState(null, "", "/");
});

test("of very many differences the first are drawn, and the others are counted", async () => {
  const one = {
    kind: "not_seen" as const,
    from: "201",
    to: "117",
    call: null,
    answered: true,
    likely: "",
    notes: [],
  };
  const differences = Array.from({ length: 203 }, (_, n) => ({ ...one, at: AT, record: `r${n}` }));
  await open(coverage({ records: 203, differences }));
  expect(cells().length).toBe(200);
  expect(text()).toContain("3 more are in the export.");
});
