import { beforeEach, expect, test } from "vitest";
import { Box, refusal } from "../../../testing/box";
import { call, claim, criterion } from "../../../testing/made";
import {
  alerts,
  click,
  screen,
  show,
  submit,
  textOf,
  unnamed,
  within,
} from "../../../testing/show";
import { clock, moment } from "../../format";
import { ClaimForm } from "./ClaimForm";

const OTHER = call({ id: "c2", started_at: "2026-11-19T09:00:00Z", duration_ms: 90_000 });
const list = (other_calls = [OTHER]) => ({
  campaign: "Fleet autumn",
  version: 3,
  checklist: {
    name: "BANT",
    criteria: [
      criterion("budget", { title: "Budget", hint: "money, or a way to it" }),
      criterion("need", { title: "Need" }),
      criterion("extra", { title: "Extra", must_pass: false }),
    ],
  },
  other_calls,
});
let box: Box;
const words = () => screen.getByLabelText("What makes it a lead?") as HTMLTextAreaElement;

beforeEach(() => {
  history.replaceState(null, "", "/calls");
  box = new Box({ "GET /calls/c1/checklist": list(), "POST /claims": claim() });
});

test("asks what the checklist asks, must-pass rows alone, with nothing chosen", async () => {
  await show(<ClaimForm call={call()} />);
  expect(
    screen.getByText(/Fleet autumn, BANT v3\. A reviewer hears the call without your name/),
  ).toBeTruthy();
  const rows = screen.getAllByRole("group").map((g) => textOf(g.querySelector("legend")));
  expect(rows.slice(0, 2)).toEqual(["Budget money, or a way to it", "Need"]);
  expect(rows.length).toBe(3);
  for (const radio of screen.getAllByRole("radio"))
    expect((radio as HTMLInputElement).checked).toBe(false);
  expect(unnamed()).toEqual([]);
});

test("the first answer asks for the focus, so that one can go on by key", async () => {
  await show(<ClaimForm call={call()} />);
  const focused = screen.getAllByRole("radio").map((r) => (r as HTMLInputElement).autofocus);
  expect(focused).toEqual([true, ...focused.slice(1).map(() => false)]);
});

test("sends the answers that were given, blanks left out, with every call that was named", async () => {
  await show(<ClaimForm call={call()} />);
  const need = screen.getByRole("group", { name: "Need" });
  await click(within(need).getByRole("radio", { name: "Yes" }));
  await click(within(need).getByRole("radio", { name: "Not asked" }));
  await click(screen.getByRole("checkbox"));
  words().value = "Money is in the plan.";
  await submit("Send the claim for Brightwater Logistics");
  expect(box.sent("POST /claims")).toEqual([
    { calls: ["c1", "c2"], write_up: "Money is in the plan.", answers: { need: "not_asked" } },
  ]);
  expect(location.pathname).toBe("/claims");
});

test("other calls with the lead are named by when and how long, and can be left out again", async () => {
  await show(<ClaimForm call={call()} />);
  const other = screen.getByRole("checkbox", {
    name: `${moment(OTHER.started_at)}, answered, ${clock(90_000)}`,
  });
  await click(other);
  await click(other);
  await submit(/Send the claim/);
  expect(box.sent("POST /claims")).toMatchObject([{ calls: ["c1"] }]);
});

test("without another call nothing is asked about them", async () => {
  box.answers["GET /calls/c1/checklist"] = list([]);
  await show(<ClaimForm call={call()} />);
  expect(screen.queryByRole("checkbox")).toBeNull();
});

test("a claim that is refused stays, with the reason; sent again it counts once", async () => {
  box.answers["POST /claims"] = refusal(409, "Somebody was first", "The lead was claimed.");
  await show(<ClaimForm call={call()} />);
  words().value = "Money is in the plan.";
  await submit(/Send the claim/);
  await submit(/Send the claim/);
  expect(alerts()).toEqual(["Somebody was first. The lead was claimed."]);
  expect([words().value, location.pathname]).toEqual(["Money is in the plan.", "/calls"]);
  const keys = box.asked.flatMap((a) => a.headers["idempotency-key"] ?? []);
  expect(keys.length).toBe(2);
  expect(keys[0]).toBe(keys[1]);
});

test("a call whose checklist cannot be had says why", async () => {
  box.answers["GET /calls/c1/checklist"] = refusal(409, "Not yet", "No checklist is in force.");
  await show(<ClaimForm call={call()} />);
  expect(alerts()).toEqual(["Not yet. No checklist is in force."]);
  expect(screen.queryByRole("form")).toBeNull();
});
