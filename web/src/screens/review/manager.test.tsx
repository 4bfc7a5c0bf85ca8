// The manager's pages: disputes, agreement, calibration, and what is missing of the recordings.
import { fireEvent } from "@testing-library/preact";
import { describe, expect, test } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { row } from "../../../testing/made";
import {
  alerts,
  cells,
  choose,
  click,
  options,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
} from "../../../testing/show";
import type * as api from "../../api";
import { day, moment } from "../../format";
import { Agreement } from "./Agreement";
import { Calibration } from "./Calibration";
import { Disputes } from "./Disputes";

const AT = "2026-11-20T12:00:00Z";

describe("disputes", () => {
  const dispute = (more: Partial<api.Dispute> = {}): api.Dispute => ({
    id: "d1",
    claim: 7,
    company: "Brightwater Logistics",
    claimant: "Ines Okafor",
    rows: [
      {
        criterion: "budget",
        title: "Budget",
        reason: "She names it.",
        clip: { call: "c1", from_ms: 3_000, to_ms: 9_000 },
      },
      {
        criterion: "need",
        title: "Need",
        reason: "Two hours a day.",
        clip: { call: "c1", from_ms: 12_000, to_ms: 15_000 },
      },
    ],
    created_at: AT,
    due_at: AT,
    waits: null,
    state: "open",
    ruling: null,
    decided_at: null,
    ...more,
  });
  const box = (...disputes: api.Dispute[]) =>
    new Box({
      "GET /disputes": { disputes, nobody_left: [], now: AT },
      "POST /disputes/d1/ineligible": nothing,
      "POST /disputes/d1/ask-another": nothing,
    });

  test("a claim that nobody may judge is told of", async () => {
    const made = box();
    made.answers["GET /disputes"] = {
      disputes: [],
      nobody_left: [
        {
          id: "cl9",
          number: 9,
          company: "Halden Cold Chain",
          claimant: "Tom Reyes",
          campaign: "Fleet",
          created_at: AT,
        },
      ],
      now: AT,
    };
    await show(<Disputes />);
    expect(screen.getByText("Claims that nobody may judge")).toBeTruthy();
    expect(cells()[0]).toEqual(["Halden Cold ChainC-9, Tom Reyes", "Fleet", moment(AT)]);
  });

  test("each says who disputes what, where, and how it stands", async () => {
    box(
      dispute(),
      dispute({ id: "d2", state: "stands", decided_at: AT }),
      dispute({ id: "d3", state: "changed", decided_at: AT }),
      dispute({ id: "d4", state: "ineligible", decided_at: AT }),
    );
    await show(<Disputes />);
    expect(cells()[0]?.slice(0, 2)).toEqual([
      "Brightwater LogisticsC-7, Ines Okafor",
      "Budget: She names it. Play the moment of Brightwater Logistics for Budget, 0:03–0:09" +
        "Need: Two hours a day. Play the moment of Brightwater Logistics for Need, 0:12–0:15",
    ]);
    expect(cells().map((r) => r[2])).toEqual([
      `Being judged afreshdue ${moment(AT)}`,
      `The verdict stands${moment(AT)}`,
      `The verdict was changed${moment(AT)}`,
      `Not taken up${moment(AT)}`,
    ]);
    // Only what is open can be ruled on.
    expect(cells().map((r) => r[3])).toEqual([
      "The lead is a duplicateNot their claim",
      "",
      "",
      "",
    ]);
  });

  test("a manager rules on eligibility alone", async () => {
    const made = box(dispute());
    await show(<Disputes />);
    await press("The lead is a duplicate");
    await press("Not their claim");
    expect(made.sent("POST /disputes/d1/ineligible")).toEqual([
      { why: "duplicate" },
      { why: "wrong_claimant" },
    ]);
    expect(made.count("GET /disputes")).toBe(3);
  });

  test("one that nobody can answer, or whose reviewer left it, says so", async () => {
    const made = box(
      dispute({ id: "d2", waits: "nobody_left" }),
      dispute({ waits: "left_unconfirmed" }),
    );
    await show(<Disputes />);
    expect(cells()[0]?.[2]).toContain(
      "Every reviewer who may judge it has heard this call before.",
    );
    expect(cells()[1]?.[2]).toContain("never gave the last word");
    await press("Ask another reviewer");
    expect(made.count("POST /disputes/d1/ask-another")).toBe(1);
  });

  test("a ruling that is refused is said, and gone with the next that is not", async () => {
    const made = box(dispute());
    made.answers["POST /disputes/d1/ineligible"] = refusal(409, "Too late", "It is decided.");
    await show(<Disputes />);
    await press("Not their claim");
    expect(alerts()).toEqual(["Too late. It is decided."]);
    made.answers["POST /disputes/d1/ineligible"] = nothing;
    await press("Not their claim");
    expect(alerts()).toEqual([]);
  });

  test("none is said", async () => {
    box();
    await show(<Disputes />);
    expect(screen.getByText("No disputes")).toBeTruthy();
  });
});

describe("agreement", () => {
  const pairs = (n: number, more: Partial<api.Agreement> = {}): api.Agreement => ({
    n,
    percent: 0.956,
    kappa: 0.8111,
    ac1: 0.9,
    prevalence: 0.5,
    ...more,
  });
  const quality = (more: Partial<api.Quality> = {}): api.Quality => ({
    verdict: pairs(40),
    criteria: [{ title: "Budget", agreement: pairs(40, { kappa: null }) }],
    reviewers: [{ reviewer: "Marek", login: "marek", looked_at: 12, otherwise: 1 }],
    rejections: { looked_at: 4, unsupported: 3 },
    sampled: [],
    waiting: 2,
    overdue: 1,
    ...more,
  });
  const box = (value = quality()) =>
    new Box({ "GET /agreement": value, "POST /samples": { drawn: 3 } });
  const table = () => screen.getAllByRole("table")[0];

  test("what cannot be said is a word, never 0", async () => {
    box();
    await show(<Agreement />);
    expect(cells(table())).toEqual([
      ["The whole verdict", "40", "96 %", "0.81", "0.90", "50 %"],
      ["Budget", "40", "96 %", "cannot be said", "0.90", "50 %"],
    ]);
  });

  test("totals, reviewers and rejections are counted", async () => {
    box();
    await show(<Agreement />);
    expect(textOf(screen.getByRole("region", { name: "Totals" }))).toBe(
      "Judged twice40Same verdict96 %Second reviews waiting2Of these, overdue1",
    );
    expect(cells(screen.getAllByRole("table")[1])).toEqual([["Marek", "12", "1"]]);
    expect(textOf(document.body)).toContain("3 of 4 rejections cite a criterion");
  });

  test("with nothing judged twice there is nothing to agree on", async () => {
    box(
      quality({
        verdict: pairs(0, { percent: null }),
        reviewers: [],
        rejections: { looked_at: 0, unsupported: 0 },
      }),
    );
    await show(<Agreement />);
    expect(screen.getByText("Nothing was judged twice yet")).toBeTruthy();
    expect(screen.getAllByText("None yet").length).toBe(2);
    expect(screen.queryByRole("table")).toBeNull();
  });

  test("calls that nobody claimed are drawn, and what came of them shows", async () => {
    const made = box();
    await show(<Agreement />);
    expect(unnamed()).toEqual([]);
    fireEvent.input(screen.getByLabelText("Draw"), { target: { value: "3" } });
    made.answers["GET /agreement"] = quality({
      sampled: [
        { number: "S-1", company: "Halden", passed: true, at: AT },
        { number: "S-2", company: "Norvik", passed: false, at: "" },
      ],
    });
    await submit("Draw calls");
    expect(made.sent("POST /samples")).toEqual([{ count: 3, days: 7 }]);
    expect(textOf(screen.getByRole("status"))).toContain("3 drawn; reviewers find them");
    expect(textOf(document.body)).toContain("1 of 2 would have passed.");
    expect(cells(screen.getAllByRole("table")[2])).toEqual([
      ["S-1", "Halden", day(AT), "A lead nobody claimed"],
      ["S-2", "Norvik", "", "No lead"],
    ]);
  });

  test("a draw that finds nothing, or is refused, is said", async () => {
    const made = box();
    made.answers["POST /samples"] = { drawn: 0 };
    await show(<Agreement />);
    await submit("Draw calls");
    expect(textOf(screen.getByRole("status"))).toContain("There was no call left");
    made.answers["POST /samples"] = refusal(422, "Cannot be read", "At most fifty.");
    await submit("Draw calls");
    expect(alerts()).toEqual(["Cannot be read. At most fifty."]);
  });

  test("trouble takes the page's place", async () => {
    new Box({ "GET /agreement": refusal(503, "Busy", "Try again.") });
    await show(<Agreement />);
    expect(alerts()).toEqual(["Busy. Try again.Try again"]);
  });
});

describe("calibration", () => {
  const round = (more: Partial<api.Round> = {}): api.Round => ({
    id: "k1",
    claim: 7,
    company: "Brightwater Logistics",
    created_at: AT,
    due_at: AT,
    done: 1,
    of: 2,
    open: true,
    criteria: [
      { id: "budget", title: "Budget" },
      { id: "need", title: "Need" },
    ],
    columns: [],
    ...more,
  });
  const box = (rounds: api.Round[], claims = true) =>
    new Box({
      "GET /calibrations": {
        rounds,
        reviewers: [
          { id: "p1", name: "Marek" },
          { id: "p2", name: "Rana" },
        ],
        claims: claims
          ? [
              { id: "cl1", number: 7, company: "Brightwater", outcome: "failed", decided_at: AT },
              { id: "cl2", number: 8, company: "Halden", outcome: "passed", decided_at: AT },
            ]
          : [],
      },
      "POST /calibrations": { id: "k2" },
    });

  test("a round is begun with a decided claim and those who judge it", async () => {
    const made = box([]);
    await show(<Calibration />);
    expect(screen.getByText("No round yet")).toBeTruthy();
    expect(options("Which claim?")).toEqual(["C-7 Brightwater, not passed", "C-8 Halden, passed"]);
    expect(unnamed()).toEqual([]);
    await choose("Which claim?", "cl2");
    for (const name of ["Marek", "Rana", "Marek"])
      await click(screen.getByRole("checkbox", { name }));
    await submit("Begin a round");
    expect(made.sent("POST /calibrations")).toEqual([{ claim: "cl2", reviewers: ["p2"], days: 5 }]);
    expect(made.count("GET /calibrations")).toBe(2);
  });

  test("a round that is refused is said", async () => {
    const made = box([]);
    made.answers["POST /calibrations"] = refusal(422, "Cannot be read", "Two at least.");
    await show(<Calibration />);
    await submit("Begin a round");
    expect(alerts()).toEqual(["Cannot be read. Two at least."]);
  });

  test("without a decided claim there is none to begin", async () => {
    box([], false);
    await show(<Calibration />);
    expect(screen.getByText("No decided claim yet")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Begin a round" })).toBeNull();
  });

  test("answers stay hidden until all are in", async () => {
    box([round()]);
    await show(<Calibration />);
    expect(textOf(document.body)).toContain(`1 of 2 answered, due ${moment(AT)}`);
    expect(screen.getByText(/Answers show when all are in/)).toBeTruthy();
    expect(screen.queryByRole("table")).toBeNull();
  });

  test("then they are laid side by side, and what differs is marked", async () => {
    const column = (reviewer: string, passed: boolean, ...rows: api.Row[]) => ({
      reviewer,
      passed,
      rows,
    });
    box([
      round({
        open: false,
        columns: [
          column("Marek", true, row("budget", { answer: "Yes" }), row("need", { answer: "Yes" })),
          column(
            "Rana",
            false,
            row("budget", { answer: "No" }),
            row("need", { answer: "Yes", words: "two hours" }),
          ),
          column("Max", true, row("need", { answer: "Yes" })),
        ],
      }),
    ]);
    await show(<Calibration />);
    expect(screen.getAllByRole("columnheader").map(textOf)).toEqual([
      "Row",
      "Marek (the verdict)",
      "Rana",
      "Max",
    ]);
    expect(cells()).toEqual([
      ["Budget differs", "Yes", "No", "not answered"],
      ["Need", "Yes", "Yes“two hours”", "Yes"],
      ["Verdict", "Passes", "Does not pass", "Passes"],
    ]);
  });
});
