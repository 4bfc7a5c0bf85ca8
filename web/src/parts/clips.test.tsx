import { fireEvent } from "@testing-library/preact";
import { beforeEach, expect, test, vi } from "vitest";
import { settle } from "../../testing/box";
import { alerts, press, screen, show, textOf } from "../../testing/show";
import { ClipPicker, type Picked } from "./ClipPicker";
import { ClipPlayer } from "./ClipPlayer";

let paused: boolean;
/** The audio element on the page, which plays as far as the test says. */
const audio = () => document.querySelector("audio") as HTMLAudioElement;
async function stands(ms: number) {
  audio().currentTime = ms / 1000;
  fireEvent(audio(), new Event("timeupdate"));
  await settle();
}

beforeEach(() => {
  paused = true;
  const media = HTMLMediaElement.prototype;
  vi.spyOn(media, "paused", "get").mockImplementation(() => paused);
  vi.spyOn(media, "play").mockImplementation(function (this: HTMLMediaElement) {
    paused = false;
    fireEvent(this, new Event("play"));
    return Promise.resolve();
  });
  vi.spyOn(media, "pause").mockImplementation(function (this: HTMLMediaElement) {
    if (paused) return;
    paused = true;
    fireEvent(this, new Event("pause"));
  });
});

const clip = <ClipPlayer call="c1" from={3_000} to={9_000} label="Play the moment for Need" />;

test("a clip is named, and loads nothing before it is played", async () => {
  await show(clip);
  expect(textOf(screen.getByRole("button"))).toBe("Play the moment for Need, 0:03–0:09");
  expect([audio().getAttribute("src"), audio().preload]).toEqual([
    "/api/v1/calls/c1/audio",
    "none",
  ]);
});

test("it begins at its start, counts on, and stops at its end", async () => {
  await show(clip);
  await press(/Need/);
  expect([paused, audio().currentTime]).toEqual([false, 3]);
  await stands(5_000);
  expect(textOf(screen.getByRole("button"))).toContain("0:05–0:09");
  await stands(9_000);
  expect(paused).toBe(true);
  expect(textOf(screen.getByRole("button"))).toContain("0:03–0:09");
});

test("paused in the middle it goes on from there, at its end from its start", async () => {
  await show(clip);
  await press(/Need/);
  await stands(5_000);
  await press(/Need/);
  expect(paused).toBe(true);
  await press(/Need/);
  expect(audio().currentTime).toBe(5);
  await stands(8_900);
  await press(/Need/);
  await press(/Need/);
  expect(audio().currentTime).toBe(3);
});

test("sound that does not come is said", async () => {
  await show(clip);
  expect(alerts()).toEqual([]);
  fireEvent(audio(), new Event("error"));
  await settle();
  expect(alerts()).toEqual(["The audio did not load. Try again."]);
});

test("a browser that refuses to play says so too", async () => {
  vi.spyOn(HTMLMediaElement.prototype, "play").mockRejectedValue(new Error("NotAllowedError"));
  await show(clip);
  await press(/Need/);
  expect(alerts().length).toBe(1);
});

test("a clip that is left is silent", async () => {
  const { leave } = await show(clip);
  await press(/Need/);
  await leave();
  expect(paused).toBe(true);
});

async function picker(picked: Picked = { from_ms: 0, to_ms: 20_000 }) {
  const pick = vi.fn();
  await show(<ClipPicker call="c1" length={60_000} picked={picked} pick={pick} />);
  return pick;
}

test("the place in the call is a slider with a name and words", async () => {
  await picker();
  const slider = screen.getByLabelText("Where in the call") as HTMLInputElement;
  expect([slider.min, slider.max, slider.step]).toEqual(["0", "60000", "500"]);
  fireEvent.input(slider, { target: { value: "12500" } });
  await settle();
  expect(slider.getAttribute("aria-valuetext")).toBe("0:12 of 1:00");
  expect(audio().currentTime).toBe(12.5);
  expect(textOf(screen.getByRole("button", { name: /Play/ }))).toBe("Play 0:12");
});

test("what is chosen begins and ends where the sound stands", async () => {
  const pick = await picker();
  await stands(8_000);
  await press("It begins here");
  expect(pick).toHaveBeenLastCalledWith({ from_ms: 8_000, to_ms: 20_000 });
  await press("It ends here");
  expect(pick).toHaveBeenLastCalledWith({ from_ms: 0, to_ms: 8_000 });
  expect(screen.getByText("Chosen: 0:00 to 0:20")).toBeTruthy();
});

test("what is chosen has a second at least, within the call", async () => {
  const pick = await picker({ from_ms: 30_000, to_ms: 40_000 });
  await stands(50_000);
  await press("It begins here");
  expect(pick).toHaveBeenLastCalledWith({ from_ms: 50_000, to_ms: 51_000 });
  await stands(60_000);
  await press("It begins here");
  expect(pick).toHaveBeenLastCalledWith({ from_ms: 59_000, to_ms: 60_000 });
  await stands(20_000);
  await press("It ends here");
  expect(pick).toHaveBeenLastCalledWith({ from_ms: 19_000, to_ms: 20_000 });
  await stands(0);
  await press("It ends here");
  expect(pick).toHaveBeenLastCalledWith({ from_ms: 0, to_ms: 1_000 });
});

test("one plays it to find the place", async () => {
  await picker();
  await press(/Play/);
  expect(paused).toBe(false);
  await press(/Pause/);
  expect(paused).toBe(true);
});
