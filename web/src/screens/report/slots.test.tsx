// The slot report and the waterfall as people read them.
import { act, fireEvent, render, screen, within } from "@testing-library/preact";
import { expect, test, vi } from "vitest";
import { misnamed, textOf } from "../../../testing/show";
import * as api from "../../api";
import { Slots } from "./Slots";
import { cellWords, clockOf, percent, step } from "./slotWords";
import { lasts } from "./stretchWords";

const rate = (r: number) => ({ rate: r, low: r / 2, high: Math.min(1, r * 1.5) });
const counts = { calls: 42, connects: 13, meetings: 1 };
const part = {
  ...counts,
  share_of_calls: 1,
  share: 1,
  rate: rate(13 / 42),
  adjusted: null,
  prospects: null,
};
const report: api.SlotsReport = {
  client: "n",
  clients: [
    { id: "c", name: "Calder" },
    { id: "n", name: "Northlight" },
  ],
  campaigns: [],
  from: "2026-11-01",
  to: "2026-11-28",
  zone: "Europe/Berlin",
  count: "connects",
  width: 20,
  offset: 10,
  fewest: 20,
  connect_seconds: 20,
  total: { calls: 46, connects: 14, meetings: 1 },
  rate: rate(0.3),
  cells: [
    { weekday: 3, start: 890, ...counts, rate: rate(13 / 42), adjusted: null },
    { weekday: 4, start: 890, calls: 4, connects: 1, meetings: 0, rate: null, adjusted: null },
  ],
  slots: [{ start: 890, ...part }],
  starts: [{ start: 50, ...part }],
  cut: null,
  prospects: null,
  voicemails: null,
  people: [],
  numbers: [],
  waiting: 0,
  promise: null,
  blocks: [],
};
const manager = { id: "m", name: "Max", role: "manager" } as api.Me;

test("a cell is said in words, and a rate of few is not", () => {
  const [cell, few] = report.cells;
  expect(cellWords(cell!, 13, 20, "connects")).toEqual({
    head: "Thursdays, 14:50 to 15:10: 31 in 100",
    rest: "13 of 42 calls connected, 95 % interval 15.5 to 46.4",
  });
  expect(cellWords(few!, 1, 20, "connects").head).toContain("too few for a rate");
  expect(clockOf(1430 + 20)).toBe("00:10");
  expect([percent(0.314), percent(0.052), percent(0)]).toEqual([
    "31\u00a0%",
    "5.2\u00a0%",
    "0\u00a0%",
  ]);
  expect([step(0, 0), step(0.3, 0.3), step(0.1, 0.3)]).toEqual([0, 4, 1]);
});

test("each cell of the heat map is reached by the arrow keys, and told with what it rests on", async () => {
  const cells = [
    ...report.cells,
    {
      weekday: 4,
      start: 930,
      calls: 30,
      connects: 3,
      meetings: 0,
      rate: rate(0.1),
      adjusted: null,
    },
  ];
  const slots = [890, 910, 930].map((start) => ({ start, ...part }));
  vi.spyOn(api, "slots").mockResolvedValue({ ok: true, value: { ...report, cells, slots } });
  render(<Slots me={manager} />);
  const heat = await screen.findByRole("table", { name: /by weekday and slot start/ });
  const told = () => screen.getByRole("status").textContent;
  const first = within(heat).getByRole("cell", { name: /^Thursdays, 14:50 to 15:10: 31 in 100/ });
  const stops = [...heat.querySelectorAll('td[tabindex="0"]')];
  expect(stops).toEqual([first]);
  act(() => first.focus());
  expect(told()).toContain("13 of 42 calls connected, 95 % interval 15.5 to 46.4");
  const press = (key: string) =>
    act(() => void fireEvent.keyDown(document.activeElement ?? heat, { key }));
  press("ArrowDown");
  expect(told()).toContain("too few for a rate 4 calls");
  // The slot between them has no call.
  press("ArrowRight");
  expect(told()).toContain("Fridays, 15:30 to 15:50: 10 in 100");
  press("ArrowRight");
  expect(told()).toContain("Fridays, 15:30 to 15:50");
  vi.restoreAllMocks();
});

test("what is folded is open on paper, and folded after it", async () => {
  vi.spyOn(api, "slots").mockResolvedValue({ ok: true, value: report });
  render(
    <details>
      <Slots me={manager} />
    </details>,
  );
  await screen.findByText(/46 calls/);
  const folded = document.querySelector("details");
  dispatchEvent(new Event("beforeprint"));
  expect(folded?.open).toBe(true);
  dispatchEvent(new Event("afterprint"));
  expect(folded?.open).toBe(false);
  vi.restoreAllMocks();
});

test("times are said as people say them", () => {
  expect([null, 0.2, 7, 200, 120, 3 * 1440 + 60].map(lasts)).toEqual([
    "none ended",
    "12 s",
    "7 min",
    "3 h 20 min",
    "2 h",
    "3 days 1 h",
  ]);
});

test("the map has a figure in each cell, and how many calls there are where they are few", async () => {
  vi.spyOn(api, "slots").mockResolvedValue({ ok: true, value: report });
  render(<Slots me={manager} />);
  const map = await screen.findByRole("table", { name: /Connects in 100 calls/ });
  const row = within(map).getByRole("row", { name: /Thursday/ });
  expect(within(row).getByText("31")).toBeTruthy();
  expect(within(map).getByText("n 4")).toBeTruthy();
});

test("a map without a rate says so, and slots that are left out are told", async () => {
  const few = { calls: 4, connects: 1, meetings: 0, rate: null, adjusted: null };
  const cells = [890, 930].map((start) => ({ weekday: 4, start, ...few }));
  const slots = [890, 930].map((start) => ({ start, ...part, ...few }));
  vi.spyOn(api, "slots").mockResolvedValue({ ok: true, value: { ...report, cells, slots } });
  render(<Slots me={manager} />);
  expect((await screen.findByText(/No rate can be told/)).parentElement?.textContent).toContain(
    "no cell has 20 calls",
  );
  expect(screen.queryByText("lowest")).toBeNull();
  expect(screen.getByText("nobody called in between")).toBeTruthy();
  const map = screen.getByRole("table", { name: /by weekday and slot start/ });
  const marked = [...map.querySelectorAll("tbody .gap")].map((cell) => cell.textContent);
  expect(marked).toEqual(["n 4", "4"]);
});

test("where nobody is singled out, nothing by person is asked for", async () => {
  const promise = {
    since: "2026-11-03T08:00:00Z",
    by: "Max",
    lift_asked_by: null,
    lift_asked_at: null,
    lifted_by: null,
    lifted_at: null,
  };
  const asked = vi
    .spyOn(api, "slots")
    .mockResolvedValue({ ok: true, value: { ...report, promise } });
  const act = vi.spyOn(api, "promiseNobodyApart").mockResolvedValue({ ok: true, value: undefined });
  render(<Slots me={manager} />);
  expect(await screen.findByText(/Aggregate only since/)).toBeTruthy();
  expect(screen.queryByLabelText("Telemarketer")).toBeNull();
  expect(screen.queryByLabelText("Slots start at")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: "Ask to lift it" }));
  expect(act).toHaveBeenCalledWith("n", "ask_to_lift");
  expect(asked).toHaveBeenCalled();
});

test("a telemarketer is told of the promise only where it holds", async () => {
  vi.spyOn(api, "slots").mockResolvedValue({ ok: true, value: report });
  render(<Slots me={{ ...manager, role: "telemarketer" }} />);
  expect(await screen.findByText("When your calls connect")).toBeTruthy();
  expect(screen.queryByText(/Promise: nobody/)).toBeNull();
});

test("raw rates stand beside adjusted ones, numbers reached beside calls, and each table is a file", async () => {
  const cells = [{ ...report.cells[0]!, adjusted: rate(0.25) }];
  const prospects = { called: 30, reached: 12, rate: rate(0.4) };
  const slots = [{ start: 890, ...part, adjusted: rate(0.25), prospects }];
  const voicemails = {
    machines: { marked: 20, told_so: 18, rate: rate(0.9) },
    people: { marked: 0, told_so: 0, rate: null },
  };
  const value = { ...report, cells, slots, starts: slots, voicemails };
  vi.spyOn(api, "slots").mockResolvedValue({ ok: true, value });
  history.replaceState(null, "", "/slots?person=p");
  render(<Slots me={manager} />);
  const heat = await screen.findByRole("table", { name: /by weekday and slot start/ });
  const cell = within(heat).getByRole("cell", { name: /adjusted 25.0 in 100, 12.5 to 37.5/ });
  expect(cell.textContent).toBe("31");
  fireEvent.click(screen.getByRole("button", { name: "Adjusted" }));
  expect(cell.textContent).toBe("25");
  const starts = screen.getByRole("table", { name: "By minute of the hour" });
  expect(textOf(starts)).toContain("40.0 % 12 of 30, 20.0 to 60.0");
  expect(misnamed()).toEqual([]);
  expect(textOf(document.body)).toContain(
    "of 20 marked as voicemail, 90 % (45.0 to 100.0) are told as such; none was",
  );
  expect(document.body.textContent).toContain("none was marked as talked to");
  expect(screen.queryByText(/No rate can be told/)).toBeNull();
  const files = screen.getAllByRole("link").map((a) => a.getAttribute("href"));
  expect(files).toContain("/api/v1/reports/slots.csv?person=p&table=people");
  expect(files).not.toContain("/api/v1/reports/slots.csv?person=p&table=cut");
});
