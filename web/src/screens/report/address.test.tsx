// What a report is asked stands in its address: Back, a reload and a link that is sent show the same.
import { act } from "@testing-library/preact";
import { expect, test } from "vitest";
import { Box, refusal, settle } from "../../../testing/box";
import { choose, press, screen, show } from "../../../testing/show";
import { Waterfall } from "./Waterfall";
import { Funnel } from "./Funnel";

const clients = [
  { id: "c", name: "Calder" },
  { id: "n", name: "Northlight" },
];
const told = { client: "c", clients, from: "2026-11-01", to: "2026-11-28", zone: "Europe/Berlin" };
const funnel = { ...told, by: "campaign", steps: [], parts: [], promise: null };
const waterfall = { ...told, working_hours: "08:00-18:00", stretches: [], promise: null };

const askedOf = (box: Box, report: string) =>
  box.asked.map((a) => a.path).filter((path) => path.startsWith(`/reports/${report}`));

test("a choice stands in the address, and Back undoes it", async () => {
  history.replaceState(null, "", "/funnel?from=2026-11-01&by=campaign");
  const box = new Box({
    "GET /reports/funnel?from=2026-11-01&by=campaign": funnel,
    "GET /reports/funnel?from=2026-11-01&by=supplier": { ...funnel, by: "supplier" },
  });
  await show(<Funnel />);
  expect(askedOf(box, "funnel")).toEqual(["/reports/funnel?from=2026-11-01&by=campaign"]);
  await choose("Told apart by", "supplier");
  expect(location.search).toBe("?from=2026-11-01&by=supplier");
  expect(askedOf(box, "funnel").at(-1)).toBe("/reports/funnel?from=2026-11-01&by=supplier");
  const gone = new Promise((then) => addEventListener("popstate", then, { once: true }));
  await act(async () => {
    history.back();
    await gone;
  });
  await settle();
  expect(location.search).toBe("?from=2026-11-01&by=campaign");
  expect(askedOf(box, "funnel").at(-1)).toBe("/reports/funnel?from=2026-11-01&by=campaign");
});

test("an address that cannot be told is left by one button", async () => {
  history.replaceState(null, "", "/funnel?from=2026-11-20&to=2026-11-10");
  const ends = refusal(422, "The period ends before it begins", "Its first day comes first.");
  const box = new Box({
    "GET /reports/funnel?from=2026-11-20&to=2026-11-10": ends,
    "GET /reports/funnel": funnel,
  });
  await show(<Funnel />);
  expect(screen.getByRole("alert").textContent).toContain("The period ends before it begins.");
  await press("Clear what was chosen");
  expect(location.search).toBe("");
  expect(askedOf(box, "funnel").at(-1)).toBe("/reports/funnel");
  expect(screen.getByLabelText("From")).toBeTruthy();
});

test("another client's days are kept, and its other choices fall away", async () => {
  history.replaceState(null, "", "/funnel?client=n&from=2026-11-01&by=month&other=1");
  new Box({
    "GET /reports/funnel?client=n&from=2026-11-01&by=month": { ...funnel, client: "n" },
    "GET /reports/funnel?client=c&from=2026-11-01": funnel,
  });
  await show(<Funnel />);
  await choose("Client", "c");
  expect(location.search).toBe("?client=c&from=2026-11-01&other=1");
});

test("what a page alone knows stands there too, and the box is not asked for it", async () => {
  history.replaceState(null, "", "/waterfall?hours=working");
  const box = new Box({ "GET /reports/waterfall": waterfall });
  await show(<Waterfall />);
  expect(screen.getByLabelText<HTMLSelectElement>("Hours").value).toBe("working");
  expect(askedOf(box, "waterfall")).toEqual(["/reports/waterfall"]);
});
