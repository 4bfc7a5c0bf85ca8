// Experiments as managers plan and read them, and as telemarketers are told of them.
import { fireEvent, screen } from "@testing-library/preact";
import { expect, test } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { alerts, show, textOf, misnamed } from "../../../testing/show";
import type * as api from "../../api";
import { Experiments } from "./Experiments";
import { points, verdictWords } from "./experimentWords";
import { MyArms } from "./MyArms";

const line: api.ExperimentLine = {
  id: "e",
  name: "Early calls",
  question: "Do calls before 10:30 connect more often?",
  over: "people",
  measure: "connects",
  connect_seconds: 20,
  first: "2026-10-05",
  last: "2026-10-30",
  phase: "running",
  planned_by: "Max",
  planned_at: "2026-10-02T08:00:00Z",
  stopped_by: null,
  stopped_at: null,
  stop_reason: null,
  was_drawn: true,
};
const sum = (hits: number) => ({ units: 4, calls: 400, hits });
const one = (more: Partial<api.Experiment> = {}): api.Experiment => ({
  ...line,
  zone: "Europe/Berlin",
  arms: [
    { name: "As ever", asks: "Call as ever.", drawn: 4, sum: sum(36), rate: null },
    { name: "Early", asks: "Call before 10:30.", drawn: 4, sum: sum(80), rate: null },
  ],
  units: [{ unit: "p", name: "Ines", arm: 2, calls: null, hits: null }],
  result: null,
  drawn_at: "2026-10-05T00:00:01Z",
  counted_at: null,
  seed: "5eed",
  seed_sha256: "abc",
  waits_until: "2026-11-02",
  nth: 3,
  stopped: 1,
  is_promised: false,
  ...more,
});
const versus: api.Versus = {
  arm: 1,
  verdict: "better",
  difference: 0.11,
  low: 0.07,
  high: 0.15,
  chance: 0.0286,
};
const counted = one({
  phase: "counted",
  arms: [
    { name: "As ever", asks: "Call as ever.", drawn: 4, sum: sum(36), rate: 0.09 },
    { name: "Early", asks: "Call before 10:30.", drawn: 4, sum: sum(80), rate: 0.2 },
  ],
  units: [{ unit: "p", name: "Ines", arm: 2, calls: 100, hits: 20 }],
  result: { versus: [versus], draws: 70, all_draws: true },
});
const listed = (more: Partial<api.Experiments> = {}): api.Experiments => ({
  client: "n",
  clients: [{ id: "n", name: "Northlight" }],
  zone: "Europe/Berlin",
  earliest: "2026-11-30",
  experiments: [line],
  ...more,
});
const open = async (value: api.Experiment, more: Partial<api.Experiments> = {}) => {
  const box = new Box({
    "GET /reports/experiments": listed(more),
    "GET /reports/experiments/e": value,
    "POST /reports/experiments/e/stop": nothing,
    "POST /reports/experiments": refusal(409, "Not now", "This client has another one."),
  });
  await show(<Experiments />);
  return box;
};

test("a comparison is said with its interval and what chance does", () => {
  expect(verdictWords(versus, "Early", "As ever")).toBe(
    "Early is better than As ever: +11.0 points (95 % interval +7.0 to +15.0); chance does as much in 2.9\u00a0% of draws.",
  );
  const open = { ...versus, verdict: "open" as const, low: -0.01, chance: 0.2 };
  expect(verdictWords(open, "Early", "As ever")).toContain("cannot be told apart");
  const few = { ...versus, verdict: "too_few" as const, difference: null, low: null, high: null };
  expect(verdictWords(few, "Early", "As ever")).toContain("too few");
  expect([points(-0.031), points(0), points(0.0001)]).toEqual(["−3.1", "0.0", "0.0"]);
});

test("one that runs has counts, and neither a rate nor a judgement", async () => {
  await open(one());
  const text = textOf(document.body);
  expect(text).toContain("Runs until 30 Oct. Counts so far, and no judgement before the end.");
  expect(text).toContain("As everCall as ever.4440036");
  expect(screen.queryByText("Rate")).toBeNull();
  const told = text.split("How it is counted")[0] ?? "";
  expect(told).not.toMatch(/better|worse|NaN/);
});

test("one that was counted says what it came to, and how many there were", async () => {
  await open(counted);
  const text = textOf(document.body);
  expect(text).toContain("Early is better than As ever: +11.0 points");
  expect(misnamed()).toEqual([]);
  expect(text).toContain(
    "Held against all 70 draws. It is this client’s 3rd experiment; 1 of them was stopped.",
  );
  expect(screen.getByRole("img", { name: "Early: 20.0\u00a0%, its people as dots" })).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Stop it" })).toBeNull();
});

test("a stopped one says so for ever", async () => {
  const stopped = { stopped_by: "Max", stop_reason: "The draw did not please.", result: null };
  await open(one({ phase: "stopped", ...stopped }));
  expect(textOf(document.body)).toContain(
    "Stopped by Max: “The draw did not please.” It has no result, and will have none.",
  );
});

test("stopping asks why", async () => {
  const box = await open(one());
  fireEvent.click(screen.getByRole("button", { name: "Stop it" }));
  fireEvent.input(screen.getByLabelText(/Why is it stopped/), {
    target: { value: "The list is not there." },
  });
  fireEvent.click(screen.getByRole("button", { name: "Stop the experiment" }));
  await screen.findByText("Runs until 30 Oct. Counts so far, and no judgement before the end.");
  expect(box.sent("POST /reports/experiments/e/stop")).toEqual([
    { reason: "The list is not there." },
  ]);
});

test("a plan is asked for once more, and a refusal keeps what was written", async () => {
  const box = await open(one());
  fireEvent.click(screen.getByRole("button", { name: "Plan an experiment" }));
  const fill = (label: string | RegExp, value: string, nth = 0) =>
    fireEvent.input(screen.getAllByLabelText(label)[nth]!, { target: { value } });
  fill("Name", "Late calls");
  fill("Question", "Do late calls connect more often?");
  fill("First day", "2026-12-01");
  fill("Last day", "2026-12-31");
  fill("Name", "As ever", 1);
  fill(/What it asks/, "Call as ever.");
  fill("Name", "Late", 2);
  fill(/What it asks/, "Call after 14:30.", 1);
  fireEvent.submit(screen.getByRole("form", { name: "Plan an experiment" }));
  expect(box.count("POST /reports/experiments")).toBe(0);
  fireEvent.click(await screen.findByRole("button", { name: "Plan it for good" }));
  await screen.findByRole("alert");
  expect(alerts()[0]).toContain("Not now. This client has another one.");
  expect(box.sent("POST /reports/experiments")[0]).toMatchObject({
    name: "Late calls",
    over: "people",
    arms: [{ name: "As ever" }, { name: "Late", asks: "Call after 14:30." }],
  });
  expect(screen.getAllByLabelText<HTMLInputElement>("Name")[0]!.value).toBe("Late calls");
});

test("without one, it says what an experiment is", async () => {
  new Box({ "GET /reports/experiments": listed({ experiments: [] }) });
  await show(<Experiments />);
  expect(screen.getByText("No experiment yet")).toBeTruthy();
});

test("where nobody is singled out, arms of few have no figure", async () => {
  await open(
    one({
      phase: "counted",
      is_promised: true,
      arms: counted.arms.map((a) => ({ ...a, sum: null, rate: null })),
      units: [],
      result: { versus: [], draws: 70, all_draws: true },
    }),
  );
  expect(textOf(document.body)).toContain("fewer than five people: no figure is told");
  expect(screen.queryByRole("link", { name: "Export the draw as CSV" })).toBeNull();
});

const mine: api.ExperimentMine = {
  name: "Early calls",
  question: "Do calls before 10:30 connect more often?",
  over: "people",
  first: "2026-10-05",
  last: "2026-10-30",
  phase: "running",
  arm: { name: "Early", asks: "Call before 10:30." },
};

test("a telemarketer reads what their arm asks", async () => {
  const of = async (e: api.ExperimentMine) => {
    new Box({ "GET /reports/experiments/mine": [e] });
    const shown = await show(<MyArms />);
    const text = textOf(document.body);
    await shown.leave();
    return text;
  };
  expect(await of(mine)).toBe("Early calls, until 30 Oct: You are in “Early”. Call before 10:30.");
  expect(await of({ ...mine, over: "days" })).toContain("Today is “Early”.");
  expect(await of({ ...mine, arm: null })).toContain("you came after its draw");
  expect(await of({ ...mine, phase: "planned", arm: null })).toContain("begins 5 Oct");
});
