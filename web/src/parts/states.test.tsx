import { expect, test, vi } from "vitest";
import { pass } from "../../testing/box";
import { alerts, press, screen, show, textOf } from "../../testing/show";
import { Empty, Loading, Trouble } from "./states";

test("what loads quickly is never announced", async () => {
  vi.useFakeTimers();
  await show(<Loading what="calls" />);
  const status = screen.getByRole("status");
  await pass(299);
  expect(textOf(status)).toBe("");
  await pass(1);
  expect(textOf(status)).toBe("Loading calls …");
});

test("what went quickly leaves no timer behind", async () => {
  vi.useFakeTimers();
  const { leave } = await show(<Loading what="calls" />);
  await leave();
  expect(vi.getTimerCount()).toBe(0);
});

test("trouble says what happened and offers to try again", async () => {
  const again = vi.fn();
  const problem = { status: 503, title: "Busy", detail: "Try again in a moment." };
  await show(<Trouble problem={problem} again={again} />);
  expect(alerts()).toEqual(["Busy. Try again in a moment.Try again"]);
  await press("Try again");
  expect(again).toHaveBeenCalledOnce();
});

test("trouble that trying again does not mend offers nothing", async () => {
  await show(<Trouble problem={{ status: 409, title: "Too late", detail: "Sealed." }} />);
  expect(screen.queryByRole("button")).toBeNull();
});

test("an empty place says what belongs there", async () => {
  await show(
    <Empty title="No calls yet">
      <p>They come when they end.</p>
    </Empty>,
  );
  expect(screen.getByRole("heading", { name: "No calls yet" })).toBeTruthy();
  expect(screen.getByText("They come when they end.")).toBeTruthy();
});
