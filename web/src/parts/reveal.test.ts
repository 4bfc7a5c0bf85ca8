import { expect, test, vi } from "vitest";
import { reveal } from "./reveal";

/** How often the heading gets the focus where its side begins at so many pixels. */
function focused(top: number): number {
  const side = document.createElement("aside");
  const heading = side.appendChild(document.createElement("h2"));
  const focus = vi.spyOn(heading, "focus");
  vi.spyOn(side, "getBoundingClientRect").mockReturnValue(new DOMRect(0, top, 300, 300));
  vi.useFakeTimers();
  reveal(side);
  vi.advanceTimersByTime(0);
  return focus.mock.calls.length;
}

test("what opens out of sight comes into view with the focus; what is in sight stays", () => {
  expect([focused(innerHeight + 10), focused(80)]).toEqual([1, 0]);
});
