import { fireEvent } from "@testing-library/preact";
import { beforeEach, expect, test, vi } from "vitest";
import { settle } from "../../testing/box";
import { alerts, press, screen, show, textOf } from "../../testing/show";
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
