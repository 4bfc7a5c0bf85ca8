// Lists that came in: what was left out can be had, and undoing says what it no longer knows.
import { expect, test } from "vitest";
import { Box } from "../../../testing/box";
import { leadImport } from "../../../testing/made";
import { press, screen, show, textOf } from "../../../testing/show";
import type * as api from "../../api";
import { Imports } from "./Imports";

async function listed(i: api.LeadImport) {
  const box = new Box({
    "GET /imports": { imports: [i] },
    "GET /leads/choices": { sources: [], campaigns: [] },
  });
  await show(<Imports />);
  return box;
}
const text = () => textOf(document.body);

test("duplicates that were left out can be had with line, reason and lead", async () => {
  await listed(leadImport({ skipped: 3, bad: 1 }));
  const link = screen.getByRole("link", {
    name: "3 duplicates left out, with line, reason and lead",
  });
  expect(link.getAttribute("href")).toBe("/api/v1/imports/i1/duplicates.csv");
  expect(screen.getByRole("link", { name: "1 row left out, with line and reason" })).toBeTruthy();
});

test("a list of which nothing is forgotten says nothing of it", async () => {
  await listed(leadImport({ changed: 2 }));
  expect(text()).not.toContain("thirty days");
});

test("what an old list changed is not known any more, before it is undone and after", async () => {
  const box = await listed(leadImport({ changed: 2, is_forgotten: true }));
  const unknown =
    "what 2 leads that it brought up to date were before is no longer known, since that is kept for thirty days: they stay as they are";
  expect(text()).toContain(`Undoing takes new leads back alone: ${unknown}.`);
  box.answers["DELETE /imports/i1"] = { gone: 5, left: 0, restored: 0, kept: 0, forgotten: 2 };
  await press("Undo autumn.csv");
  expect(text()).toContain(`5 leads went; ${unknown}.`);
});

test("of one that was undone late it is still said", async () => {
  const undone_at = "2027-01-20T09:00:00Z";
  await listed(leadImport({ changed: 1, is_forgotten: true, undone_at }));
  expect(text()).toContain(
    "Undone after more than thirty days: what 1 lead that it brought up to date was before is no longer known, since that is kept for thirty days: it stays as it is.",
  );
});
