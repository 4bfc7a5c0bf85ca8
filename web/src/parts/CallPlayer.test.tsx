import { fireEvent } from "@testing-library/preact";
import { useState } from "preact/hooks";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, refusal, settle } from "../../testing/box";
import { alerts, key, press, screen, show, textOf, unnamed } from "../../testing/show";
import { FakeAudio, lastAudio } from "../../testing/sound";
import type { Peaks } from "../api";
import { CallPlayer } from "./CallPlayer";
import { begun, between, ended, type Moment, whole } from "./moment";
import { outline } from "./Wave";

const PEAKS: Peaks = {
  version: 2,
  channels: 2,
  sample_rate: 8000,
  samples_per_pixel: 256,
  bits: 8,
  length: 4,
  data: [-10, 20, 0, 0, -40, 30, 0, 0, 0, 0, -5, 60, 0, 0, -70, 5],
};
let box: Box;
let picked: Moment;
const track = () => screen.getByRole("slider", { name: "Place in the call" });
const at = () => track().getAttribute("aria-valuetext");
const status = () => textOf(screen.getAllByRole("status").at(-1) ?? null);
const shown = [{ from_ms: 30_000, to_ms: 36_000, title: "The reviewer’s moment" }];

function Picking() {
  const [moment, set] = useState<Moment>({});
  const pick = (m: Moment) => {
    picked = m;
    set(m);
  };
  return (
    <CallPlayer
      call="c1"
      length={60_000}
      label="Budget"
      shown={shown}
      picked={moment}
      pick={pick}
    />
  );
}
async function playing(ms: number) {
  lastAudio().goes(ms);
  await settle();
}

beforeEach(() => {
  picked = {};
  box = new Box({ "GET /calls/c1/peaks": PEAKS });
});

describe("listening", () => {
  test("no sound is asked for before it is played; everything has a name", async () => {
    await show(<CallPlayer call="c1" length={60_000} label="The call" />);
    expect([lastAudio().preload, lastAudio().src]).toEqual(["none", "/api/v1/calls/c1/audio"]);
    expect(unnamed()).toEqual([]);
    expect(screen.getByRole("group", { name: "The call" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: /It begins here/ })).toBeNull();
  });

  test("Space plays, arrows seek, dot and comma change the speed, within the call", async () => {
    await show(<Picking />);
    await key(" ", {}, track());
    expect(lastAudio().paused).toBe(false);
    await key("ArrowRight", {}, track());
    expect(at()).toBe("0:05 of 1:00");
    await key("ArrowLeft", {}, track());
    await key("ArrowLeft", {}, track());
    expect(at()).toBe("0:00 of 1:00");
    await key("End", {}, track());
    expect(at()).toBe("1:00 of 1:00");
    for (let n = 0; n < 9; n++) await key(".", {}, track());
    expect(lastAudio().playbackRate).toBe(2);
    for (let n = 0; n < 9; n++) await key(",", {}, track());
    expect(lastAudio().playbackRate).toBe(0.5);
    await key(" ", {}, track());
    expect(lastAudio().paused).toBe(true);
  });

  test("Space on a button is the button's, and a chord is the browser's", async () => {
    await show(<Picking />);
    await key(" ", {}, screen.getByRole("button", { name: /Faster/ }));
    await key("ArrowRight", { metaKey: true }, track());
    expect([lastAudio().paused, at()]).toEqual([true, "0:00 of 1:00"]);
  });

  test("a moment that is drawn plays from its start and stops at its end", async () => {
    await show(<Picking />);
    await press(/The reviewer’s moment/);
    expect([lastAudio().paused, lastAudio().currentTime]).toEqual([false, 30]);
    await playing(5_900);
    expect(lastAudio().paused).toBe(false);
    await playing(200);
    expect(lastAudio().paused).toBe(true);
  });

  test("one sound at a time, and none when the page is left", async () => {
    const { leave } = await show(
      <>
        <CallPlayer call="c1" length={60_000} label="One" />
        <CallPlayer call="c1" length={60_000} label="Two" />
      </>,
    );
    for (const button of screen.getAllByRole("button", { name: /Play/ })) fireEvent.click(button);
    await settle();
    expect(FakeAudio.all.map((a) => a.paused)).toEqual([true, false]);
    await leave();
    expect(FakeAudio.all.map((a) => a.paused)).toEqual([true, true]);
  });

  test("a browser that refuses Ogg gets WebM, then plain samples, then a sentence", async () => {
    await show(<Picking />);
    for (const as of ["webm", "wav"]) {
      lastAudio().breaks(4);
      expect(lastAudio().src).toBe(`/api/v1/calls/c1/audio?as=${as}`);
    }
    lastAudio().breaks(4);
    await settle();
    expect(alerts()).toEqual(["The sound of this call did not load. Press Play to try again."]);
    await press(/^Play/);
    expect(alerts()).toEqual([]);
  });

  test("without its picture it can still be played", async () => {
    box.answers["GET /calls/c1/peaks"] = refusal(503, "Busy", "Try again.");
    await show(<Picking />);
    expect(screen.getByText(/did not load. You can play it/)).toBeTruthy();
  });
});

describe("marking by ear", () => {
  test("nothing is marked to begin with", async () => {
    await show(<Picking />);
    expect(status()).toBe("No moment marked yet");
    expect(document.querySelector(".mine")).toBeNull();
  });

  test("keys mark where it begins and ends, and the moment plays", async () => {
    await show(<Picking />);
    await playing(8_000);
    await key("[", {}, track());
    expect(status()).toBe("Begins at 0:08, no end yet");
    await playing(7_000);
    await key("]", {}, track());
    expect(picked).toEqual({ from_ms: 8_000, to_ms: 15_000 });
    expect(status()).toBe("Your moment: 0:08 to 0:15");
    await press(/Play your moment/);
    expect(lastAudio().currentTime).toBe(8);
  });

  test("buttons do the same, in either order", async () => {
    await show(<Picking />);
    await playing(20_000);
    await press(/It ends here/);
    expect(status()).toBe("Ends at 0:20, no beginning yet");
    await key("ArrowLeft", {}, track());
    await press(/It begins here/);
    expect(picked).toEqual({ from_ms: 15_000, to_ms: 20_000 });
  });

  test("a drag marks what lies between, a click seeks", async () => {
    await show(<Picking />);
    vi.spyOn(track(), "getBoundingClientRect").mockReturnValue(new DOMRect(100, 0, 600, 96));
    const pointer = (kind: string, clientX: number) => {
      const event = new MouseEvent(kind, { clientX, bubbles: true });
      fireEvent(track(), event);
    };
    pointer("pointerdown", 200);
    pointer("pointermove", 203);
    pointer("pointerup", 203);
    await settle();
    expect([at(), picked]).toEqual(["0:10 of 1:00", {}]);
    pointer("pointerdown", 400);
    pointer("pointermove", 300);
    pointer("pointerup", 300);
    pointer("pointermove", 500);
    await settle();
    expect([at(), picked]).toEqual(["0:20 of 1:00", { from_ms: 20_000, to_ms: 30_000 }]);
  });
});

test("an end that no longer fits is to be marked again; a moment has a second at least", () => {
  expect(begun({ to_ms: 5_000 }, 8_000, 60_000)).toEqual({ from_ms: 8_000 });
  expect(ended({ from_ms: 8_000 }, 5_000, 60_000)).toEqual({ to_ms: 5_000 });
  expect(begun({}, 60_000, 60_000)).toEqual({ from_ms: 59_000 });
  expect(ended({}, 0, 60_000)).toEqual({ to_ms: 1_000 });
  expect(between(59_800, 59_900, 60_000)).toEqual({ from_ms: 59_000, to_ms: 60_000 });
  expect([whole({ from_ms: 1 }), whole(undefined)]).toEqual([undefined, undefined]);
});

test("a lane's outline has its greatest samples above and its least ones below", () => {
  expect(outline(PEAKS, 0, 2)).toBe("M0 0L250.0 -30.0L750.0 -1.5L1000 0L750.0 1.5L250.0 40.0Z");
  expect(outline(PEAKS, 1, 2)).toBe("M0 0L250.0 -1.5L750.0 -60.0L1000 0L750.0 70.0L250.0 1.5Z");
});
