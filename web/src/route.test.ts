import { expect, test, vi } from "vitest";
import { follow, go, onMove, sharedToken } from "./route";

const click = (href: string, how: MouseEventInit = {}) => {
  const link = document.createElement("a");
  link.href = href;
  document.body.append(link);
  const event = new MouseEvent("click", { bubbles: true, cancelable: true, ...how });
  link.addEventListener("click", follow);
  // The test has no other page to go to.
  const stay = (e: Event) => e.preventDefault();
  const went: string[] = [];
  const stop = onMove((path) => went.push(path));
  let kept = false;
  link.addEventListener("click", (e) => {
    kept = e.defaultPrevented;
    stay(e);
  });
  link.dispatchEvent(event);
  stop();
  link.remove();
  return { went, kept };
};

test("a link is followed without loading anew", () => {
  const before = history.length;
  expect(click("/queue")).toEqual({ went: ["/queue"], kept: true });
  expect(location.pathname).toBe("/queue");
  expect(history.length).toBe(before + 1);
});

test("a modifier leaves the link to the browser", () => {
  for (const how of [{ metaKey: true }, { ctrlKey: true }, { shiftKey: true }])
    expect(click("/queue", how)).toEqual({ went: [], kept: false });
  expect(location.pathname).toBe("/");
});

test("each move is told until one stops listening", () => {
  const went: string[] = [];
  const stop = onMove((path) => went.push(path));
  go("/claims");
  go("/calls");
  stop();
  go("/queue");
  expect(went).toEqual(["/claims", "/calls"]);
});

test("after a move the page begins where its content does", () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => frames.push(frame));
  const scrolled = vi.fn();
  vi.stubGlobal("scrollTo", scrolled);
  document.body.innerHTML = '<button id="other"></button><main id="main" tabindex="-1"></main>';
  document.getElementById("other")?.focus();
  const stop = onMove(() => undefined);
  go("/claims");
  frames.forEach((frame) => frame(0));
  stop();
  expect(document.activeElement?.id).toBe("main");
  expect(scrolled).toHaveBeenCalledWith(0, 0);
  document.body.innerHTML = "";
});

test("only a shared clip's address holds a token", () => {
  expect(sharedToken("/shared/0123abcdef")).toBe("0123abcdef");
  for (const path of ["/shared/", "/shared/XYZ", "/shared/12/3", "/claims", "/a/shared/12"])
    expect(sharedToken(path)).toBeUndefined();
});
