import { beforeEach, expect, test, vi } from "vitest";
import { Box, refusal } from "../../../testing/box";
import { EUR, extractClaim, me } from "../../../testing/made";
import { alerts, cells, choose, options, press, screen, show } from "../../../testing/show";
import { day } from "../../format";
import { Books } from "./Books";

const ZONE = "Europe/Berlin";
const page = (more = {}) => ({
  claims: [extractClaim()],
  next: null,
  people: [],
  zone: ZONE,
  now: "2026-11-25T12:00:00Z",
  ...more,
});

let box: Box;

beforeEach(() => {
  box = new Box({ "GET /extract": page() });
  vi.stubGlobal("print", vi.fn());
});

test("each claim says what became of it, its lines, and which run paid", async () => {
  box.answers["GET /extract"] = page({
    claims: [
      extractClaim(),
      extractClaim({
        id: "cl2",
        number: 8,
        fate: "sent_back",
        sent_back_note: "It is their landlord.",
        entries: [],
        stands: [],
      }),
      extractClaim({
        id: "cl3",
        number: 9,
        fate: "taken_back",
        stands: [EUR(0)],
        rulings: [
          {
            kind: "fraud",
            note: "Nobody called",
            ruled_at: "2026-11-22T08:00:00Z",
            confirmed_at: null,
          },
        ],
        entries: [],
      }),
    ],
  });
  await show(<Books me={me("telemarketer")} />);
  const made = day("2026-11-20T10:00:00Z", ZONE);
  expect(cells()).toEqual([
    [
      `C-7 ${made}`,
      "Brightwater Logistics Fleet autumn",
      `earned, ${made}€40.00 in 2026-11, paid by run 1`,
      "€40.00",
    ],
    [
      `C-8 ${made}`,
      "Brightwater Logistics Fleet autumn",
      `sent back: it is about another company, ${made}“It is their landlord.”`,
      "nothing",
    ],
    [
      `C-9 ${made}`,
      "Brightwater Logistics Fleet autumn",
      `earned, and taken back, ${made}ruled fraud: “Nobody called”, not confirmed`,
      "€0.00",
    ],
  ]);
});

test("a manager chooses whose and which days; the CSV is of the same", async () => {
  box.answers["GET /extract"] = page({ people: [{ id: "p2", name: "Tom Brandt" }] });
  box.answers["GET /extract?person=p2"] = page({ claims: [] });
  box.answers["GET /extract?person=p2&from=2026-11-01"] = page();
  await show(<Books me={me("manager")} />);
  expect(cells()[0]?.[1]).toBe("Ines Okafor");
  expect(options("Telemarketer")).toEqual(["all", "Tom Brandt"]);
  await choose("Telemarketer", "p2");
  expect(screen.getByText("No claim in these days")).toBeTruthy();
  await choose("Claimed from", "2026-11-01");
  expect(cells().length).toBe(1);
  const csv = screen.getByRole("link", { name: "Download as CSV" });
  expect(csv.getAttribute("href")).toBe("/api/v1/extract.csv?person=p2&from=2026-11-01");
});

test("more are shown when asked for, and paper holds them all", async () => {
  box.answers["GET /extract"] = page({ next: 7 });
  box.answers["GET /extract?after=7"] = page({
    claims: [extractClaim({ id: "cl2", number: 8 })],
    next: 8,
  });
  box.answers["GET /extract?after=8"] = page({ claims: [extractClaim({ id: "cl3", number: 9 })] });
  await show(<Books me={me("telemarketer")} />);
  await press("Show more");
  expect(cells().length).toBe(2);
  await press("Print");
  await vi.waitFor(() => expect(print).toHaveBeenCalledTimes(1));
  expect(cells().length).toBe(3);
});

test("trouble is said, and tried again", async () => {
  box.answers["GET /extract"] = refusal(503, "Busy", "Try again.");
  await show(<Books me={me("telemarketer")} />);
  expect(alerts()).toEqual(["Busy. Try again.Try again"]);
  box.answers["GET /extract"] = page();
  await press("Try again");
  expect(cells().length).toBe(1);
});
