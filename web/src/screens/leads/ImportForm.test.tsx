import { expect, test } from "vitest";
import { Box, refusal, settle } from "../../../testing/box";
import { alerts, press, screen, show } from "../../../testing/show";
import { ImportForm } from "./ImportForm";

const CAMPAIGN = { id: "c1", name: "Fleet autumn", client: "Hollmann Fleet" };
const begun = () => undefined;

test("no file can be chosen before it is known where a list can come in", async () => {
  let answer: (value: unknown) => void = () => undefined;
  new Box({ "GET /leads/choices": () => new Promise((resolve) => (answer = resolve)) });
  await show(<ImportForm begun={begun} />);
  expect(screen.queryByLabelText("File")).toBeNull();
  answer({ sources: [], campaigns: [CAMPAIGN] });
  await settle();
  expect(screen.getByLabelText("File")).toBeTruthy();
  expect(screen.getByLabelText<HTMLSelectElement>("Campaign").value).toBe("c1");
});

test("a box without a campaign says how one is made", async () => {
  new Box({ "GET /leads/choices": { sources: [], campaigns: [] } });
  await show(<ImportForm begun={begun} />);
  expect(screen.getByText("No campaign yet")).toBeTruthy();
  expect(screen.queryByLabelText("File")).toBeNull();
});

test("where the campaigns cannot be had, it says so and asks again", async () => {
  const box = new Box({ "GET /leads/choices": refusal(500, "It failed", "Try it again.") });
  await show(<ImportForm begun={begun} />);
  expect(alerts()).toEqual(["It failed. Try it again.Try again"]);
  box.answers["GET /leads/choices"] = { sources: [], campaigns: [CAMPAIGN] };
  await press("Try again");
  expect(screen.getByLabelText("File")).toBeTruthy();
});
