// The agreement: what was missed leads each house to its leads.
import { expect, test } from "vitest";
import { Box } from "../../../testing/box";
import { me } from "../../../testing/made";
import { screen, show, textOf, within } from "../../../testing/show";
import type * as api from "../../api";
import { PactPage } from "./Pact";

const figures: api.PactFigures = {
  leads_a_month: 20,
  complete_percent: 40,
  answer_hours: 24,
  call_hours: 36,
  attempts: 5,
  attempt_days: 10,
};
const missed = (owed: api.MissedPromise["owed"], n: number): api.MissedPromise => ({
  claim: `cl${n}`,
  number: 1000 + n,
  lead: `l${n}`,
  company: `Company ${n}`,
  owed,
  due_at: "2026-11-20T12:00:00Z",
  done_at: null,
});

async function shown(role: api.Role) {
  new Box({
    "GET /campaign-needs": { campaigns: [], changes: false },
    "GET /pacts": {
      signs_for: null,
      clients: [
        {
          client: "c1",
          name: "Northlight",
          holds: figures,
          signed: true,
          versions: [],
          measured: {
            month: "2026-11",
            handed_over: 3,
            complete: 2,
            answers_due: 3,
            answered_in_time: 1,
            calls_due: 0,
            called_in_time: 0,
            missed: [missed("complete", 1), missed("answer", 1), missed("answer", 2)],
          },
        },
      ],
    },
  });
  await show(<PactPage me={me(role)} />);
  return [...document.querySelectorAll("details")].map((d) => [
    textOf(d.querySelector("summary")),
    ...within(d)
      .getAllByRole("link", { hidden: true })
      .map((a) => a.getAttribute("href")),
  ]);
}

test("marketing is led to the leads of each half, sales to their cards", async () => {
  expect(await shown("marketing")).toEqual([
    ["Marketing\u2019s half: 1 write-up not as full as agreed", "/leads?lead=l1"],
    ["Sales\u2019 half: 2 answers late or not given", "/leads?lead=l1", "/leads?lead=l2"],
  ]);
  expect(screen.getAllByText(/C-1001/).length).toBe(2);
});

test("sales is led to their cards", async () => {
  expect((await shown("sales"))[1]).toEqual([
    "Sales\u2019 half: 2 answers late or not given",
    "/handovers/cl1",
    "/handovers/cl2",
  ]);
});
