import { beforeEach, expect, test } from "vitest";
import { Box, nothing, refusal } from "../../../testing/box";
import { entry, me, moneyQuestion, plans, questions, statement } from "../../../testing/made";
import {
  alerts,
  choose,
  press,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  within,
  write,
} from "../../../testing/show";
import { day } from "../../format";
import { Questions } from "./Questions";
import { Statement } from "./Statement";

const ZONE = "Europe/Berlin";
const ANSWERED = moneyQuestion({
  id: "q2",
  number: 2,
  state: "answered",
  answered_at: "2026-11-27T09:00:00Z",
  parts: [
    { kind: "question", by: "Ines Okafor", text: "Why?", at: "2026-11-26T10:00:00Z" },
    { kind: "answer", by: "Max Oberg", text: "Plan v1.", at: "2026-11-27T09:00:00Z" },
  ],
});

let box: Box;

beforeEach(() => {
  box = new Box({
    "GET /questions": questions({ questions: [moneyQuestion(), ANSWERED] }),
    "GET /statement": statement({ entries: [entry()] }),
    "GET /plans": plans(),
    "POST /questions": { id: "q3" },
    "POST /questions/q1/answer": nothing,
    "POST /questions/q2/follow-up": nothing,
  });
});

test("a manager answers what waits, and sees by when", async () => {
  await show(<Questions />);
  const waits = screen.getByRole("list", { name: "Waiting for an answer" });
  expect(textOf(waits)).toContain(`Answer due by ${day("2026-11-30T22:59:59Z", ZONE)}`);
  expect(textOf(waits)).toContain("Q-1, Brightwater Logistics, C-7; asked by Ines Okafor");
  expect(textOf(screen.getByRole("list", { name: "Answered" }))).toContain("Plan v1.");
  expect(unnamed()).toEqual([]);
  box.answers["POST /questions/q1/answer"] = refusal(403, "Your pay hangs on it", "It was logged.");
  await write("Your answer to Ines Okafor", " Plan v1 pays 40. ");
  await submit("Answer Q-1");
  expect(alerts()).toEqual(["Your pay hangs on it. It was logged."]);
  box.answers["POST /questions/q1/answer"] = nothing;
  box.answers["GET /questions"] = questions({ questions: [ANSWERED] });
  await submit("Answer Q-1");
  expect(box.sent("POST /questions/q1/answer").at(-1)).toEqual({ text: "Plan v1 pays 40." });
  expect(textOf(screen.getByRole("status"))).toBe("Answered: Q-1.");
  expect(screen.getByText("No question waits")).toBeTruthy();
});

test("what is overdue says so", async () => {
  box.answers["GET /questions"] = questions({ questions: [moneyQuestion({ state: "overdue" })] });
  await show(<Questions />);
  expect(screen.getByText(/^Overdue since/)).toBeTruthy();
});

test("a telemarketer asks about a line, where it is open", async () => {
  await show(<Statement me={me("telemarketer")} claims={[]} />);
  await press(/Brightwater Logistics/);
  await press("Ask about this line");
  await choose("What is wrong", "wrong_plan");
  await write("What should it be, and why?", "Plan v2 says 45.");
  await submit("Ask");
  expect(box.sent("POST /questions")).toEqual([
    { about: "wrong_plan", entry: "e1", text: "Plan v2 says 45." },
  ]);
  expect(screen.getByText(/^Asked\. It stands under/)).toBeTruthy();
});

test("own questions stand on the statement; one asks on, and for a claim that is missing", async () => {
  await show(<Statement me={me("telemarketer")} claims={[]} />);
  const own = screen.getByRole("region", { name: "Your questions" });
  expect(textOf(own)).toContain("moves nothing and agrees to nothing");
  await press("Ask on in Q-2");
  await write("What is still open", "And v2?");
  await submit("Ask on in Q-2");
  expect(box.sent("POST /questions/q2/follow-up")).toEqual([{ text: "And v2?" }]);
  await press("A claim is missing");
  expect(within(own).queryByLabelText("Client")).toBeNull();
  await write("Company", "Acme");
  await write("Day of the call", "2026-11-20");
  await write("What happened in the call", "They have budget.");
  await submit("Ask about the missing claim");
  expect(box.sent("POST /questions")).toEqual([
    {
      about: "missing_claim",
      client: "k1",
      company: "Acme",
      day: "2026-11-20",
      text: "They have budget.",
    },
  ]);
});

test("nothing says that silence accepts anything", async () => {
  await show(<Statement me={me("telemarketer")} claims={[]} />);
  const words = textOf(document.body).toLowerCase();
  expect(words).toContain("you agree to nothing by saying nothing");
  for (const claim of ["deemed", "accepted unless", "counts as accepted", "silence"])
    expect(words).not.toContain(claim);
});

test("answered questions go on by page", async () => {
  box.answers["GET /questions"] = questions({ questions: [ANSWERED], next: 2 });
  const older = moneyQuestion({ ...ANSWERED, id: "q0", number: 1, company: "Halden" });
  box.answers["GET /questions?before=2"] = refusal(503, "Busy", "Try again.");
  await show(<Questions />);
  await press("Show more");
  expect(alerts()).toEqual(["Busy. Try again."]);
  box.answers["GET /questions?before=2"] = questions({ questions: [older] });
  await press("Show more");
  expect(textOf(screen.getByRole("list", { name: "Answered" }))).toContain("Q-1, Halden");
  expect(screen.queryByRole("button", { name: "Show more" })).toBeNull();
});
