import { beforeEach, describe, expect, test, vi } from "vitest";
import { Box, pass, refusal } from "../../../testing/box";
import { liveCall } from "../../../testing/made";
import { alerts, cells, press, screen, show, textOf } from "../../../testing/show";
import type { LiveCall } from "../../api";
import { moment } from "../../format";
import { Live } from "./Live";

const NOW = "2026-11-20T12:01:05Z";
let box: Box;
function boxOf(calls: LiveCall[], more: Record<string, unknown> = {}) {
  box = new Box({
    "GET /live": { calls, backlog: [], now: NOW, can_listen: true, ...more },
    "POST /live/live1/pause": { paused: true },
    "POST /live/live1/resume": { paused: false },
    "POST /live/live1/hurry": { next: true },
  });
}
const sides = (
  telemarketer: Partial<LiveCall["sides"]["prospect"]>,
  prospect: Partial<LiveCall["sides"]["prospect"]> = {},
) => {
  const { sides: both } = liveCall();
  return liveCall({
    sides: {
      telemarketer: { ...both.telemarketer, ...telemarketer },
      prospect: { ...both.prospect, ...prospect },
    },
  });
};

/** What listening in opens: a socket and the sound that it feeds. */
class FakeSocket {
  static last: FakeSocket;
  binaryType = "";
  closed = false;
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onclose: () => void = () => undefined;
  constructor(readonly url: string) {
    FakeSocket.last = this;
  }
  close() {
    this.closed = true;
    this.onclose();
  }
}
const posted: unknown[] = [];
let soundClosed = 0;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(NOW) });
  posted.length = soundClosed = 0;
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal(
    "AudioContext",
    class {
      destination = {};
      audioWorklet = { addModule: () => Promise.resolve() };
      resume = () => Promise.resolve();
      close = () => Promise.resolve(void (soundClosed += 1));
    },
  );
  vi.stubGlobal(
    "AudioWorkletNode",
    class {
      port = { postMessage: (bytes: unknown) => posted.push(bytes) };
      connect = () => undefined;
    },
  );
});

describe("calls in progress", () => {
  test("who with whom, for how long by the box's clock, and whether both are heard", async () => {
    // Ours is an hour off.
    vi.setSystemTime(Date.parse(NOW) + 3_600_000);
    boxOf([liveCall(), liveCall({ id: "live2", prospect: null, answered_at: null })]);
    await show(<Live />);
    expect(cells().map((r) => r.slice(0, 4))).toEqual([
      ["Ines Okafor 201", "+4940555", "1:00", "both sides"],
      ["Ines Okafor 201", "number withheld", "1:05ringing", "not answered yet"],
    ]);
  });

  test("a side that is silent for three seconds is named; one that lags is not", async () => {
    const SOUND = "2026-11-20T12:01:02Z";
    const SILENT = "2026-11-20T12:01:01Z";
    for (const [call, told] of [
      [sides({ last_at: SOUND }, { last_at: SOUND }), "both sides"],
      [sides({ last_at: SILENT }), "only the prospect is heard"],
      [sides({}, { last_at: null }), "only the telemarketer is heard"],
      [sides({ last_at: null }, { last_at: SILENT }), "nothing is heard"],
    ] as const) {
      boxOf([call]);
      const { leave } = await show(<Live />);
      expect(cells()[0]?.[3]).toBe(told);
      await leave();
    }
  });

  test("loss counts from one in a hundred, over both sides", async () => {
    for (const [lost, told] of [
      [20, "both sides"],
      [21, "1.0 % lost"],
      [500, "20.0 % lost"],
    ] as const) {
      boxOf([sides({ packets: 1000, lost }, { packets: 1000 })]);
      const { leave } = await show(<Live />);
      expect([lost, cells()[0]?.[3]]).toEqual([lost, told]);
      await leave();
    }
  });

  test("nobody on the phone is said, with where calls go", async () => {
    boxOf([], { can_listen: false });
    await show(<Live />);
    expect(screen.getByText(/under My calls a moment after it has ended/)).toBeTruthy();
  });

  test("it is as of this second, and asks no more once it is left", async () => {
    boxOf([liveCall()]);
    const { leave } = await show(<Live />);
    box.answers["GET /live"] = { calls: [], backlog: [], now: NOW, can_listen: true };
    await pass(1_000);
    expect(screen.getByText("Nobody is on the phone")).toBeTruthy();
    expect(box.count("GET /live")).toBe(2);
    await leave();
    await pass(5_000);
    expect(box.count("GET /live")).toBe(2);
  });

  test("trouble is said until the box answers again", async () => {
    boxOf([liveCall()]);
    await show(<Live />);
    const well = box.answers["GET /live"];
    box.answers["GET /live"] = refusal(503, "Busy", "Try again.");
    await pass(1_000);
    expect([alerts().length, cells().length]).toEqual([1, 1]);
    box.answers["GET /live"] = well;
    await pass(1_000);
    expect(alerts()).toEqual([]);
  });
});

describe("pausing", () => {
  test("a recording is paused, and goes on", async () => {
    boxOf([liveCall()]);
    await show(<Live />);
    box.answers["GET /live"] = {
      calls: [liveCall({ withheld: "paused" })],
      backlog: [],
      now: NOW,
      can_listen: true,
    };
    await press("Pause the recording");
    expect(box.count("POST /live/live1/pause")).toBe(1);
    expect(cells()[0]?.[3]).toBe("recording paused");
    await press("Record again");
    expect(box.count("POST /live/live1/resume")).toBe(1);
  });

  test("what a rule or the disk keeps out cannot be switched on", async () => {
    for (const [withheld, told] of [
      ["policy", "kept out by the rules"],
      ["overload", "not recorded: the disk is too slow"],
    ] as const) {
      boxOf([liveCall({ withheld })]);
      const { leave } = await show(<Live />);
      expect(cells()[0]?.[3]).toBe(told);
      expect(screen.queryByRole("button", { name: /Record again|Pause/ })).toBeNull();
      await leave();
    }
  });

  test("a pause that came too late is said", async () => {
    boxOf([liveCall()]);
    box.answers["POST /live/live1/pause"] = refusal(404, "Not there", "It has ended.");
    await show(<Live />);
    await press("Pause the recording");
    expect(alerts()).toEqual(["Not there. It has ended.Try again"]);
  });
});

describe("calls that are not ready", () => {
  const waiting = (n: number, awaited = false) =>
    Array.from({ length: n }, (_, i) => ({ ...liveCall({ id: `live${i + 1}` }), awaited }));

  test("the first twenty show, and all are counted", async () => {
    boxOf([], { backlog: waiting(21) });
    await show(<Live />);
    expect(screen.getByText(/21 calls, claimed ones first/)).toBeTruthy();
    expect(cells().length).toBe(20);
    expect(cells()[0]?.[2]).toBe(moment("2026-11-20T12:00:00Z"));
  });

  test("one that is waited for comes next", async () => {
    boxOf([], { backlog: waiting(1) });
    await show(<Live />);
    expect(screen.getByText(/1 call, claimed/)).toBeTruthy();
    box.answers["GET /live"] = {
      calls: [],
      backlog: waiting(1, true),
      now: NOW,
      can_listen: true,
    };
    await press("I wait for this one");
    expect(box.count("POST /live/live1/hurry")).toBe(1);
    expect(cells()[0]?.[3]).toBe("comes next");
  });
});

describe("listening in", () => {
  const status = () => textOf(screen.getByRole("status"));

  test("a telemarketer is not offered it", async () => {
    boxOf([liveCall()], { can_listen: false });
    await show(<Live />);
    expect(screen.queryByRole("button", { name: /Listen/ })).toBeNull();
  });

  test("the sound goes from the socket to the loudspeaker, and what happens is read out", async () => {
    boxOf([liveCall()]);
    await show(<Live />);
    await press("Listen to Ines Okafor");
    expect([status(), FakeSocket.last.binaryType]).toEqual(["Connecting …", "arraybuffer"]);
    expect(FakeSocket.last.url).toMatch(/^ws.*\/api\/v1\/live\/live1\/listen$/);
    FakeSocket.last.onmessage({ data: "{}" });
    const bytes = new ArrayBuffer(4);
    FakeSocket.last.onmessage({ data: bytes });
    await pass(0);
    expect([status(), posted]).toEqual(["Listening to Ines Okafor", [bytes]]);
    expect(
      screen.getByRole("button", { name: "Stop listening" }).getAttribute("aria-pressed"),
    ).toBe("true");
  });

  test("a call that cannot be heard says why", async () => {
    boxOf([liveCall()]);
    await show(<Live />);
    await press(/Listen to/);
    FakeSocket.last.onmessage({ data: '{"silent":"encrypted"}' });
    await pass(0);
    expect(status()).toBe("The call is encrypted: it cannot be heard here.");
    FakeSocket.last.onmessage({ data: '{"silent":"decoder_failed"}' });
    await pass(0);
    expect(status()).toContain("The decoder failed or could not be confined");
    FakeSocket.last.onmessage({ data: '{"silent":"codec"}' });
    await pass(0);
    expect(status()).toBe("The call’s codec cannot be heard live.");
  });

  test("a call that ends says so and lets go two seconds later", async () => {
    boxOf([liveCall()]);
    await show(<Live />);
    await press(/Listen to/);
    FakeSocket.last.onclose();
    await pass(0);
    expect(status()).toBe("The call has ended.");
    await pass(2_100);
    expect(screen.getByRole("button", { name: /Listen to/ })).toBeTruthy();
  });

  test("who turns to another call goes on hearing that one", async () => {
    boxOf([liveCall(), liveCall({ id: "live2", telemarketer: "Tom Brandt" })]);
    await show(<Live />);
    await press("Listen to Ines Okafor");
    await press("Listen to Tom Brandt");
    await pass(2_100);
    expect(FakeSocket.last.closed).toBe(false);
    expect(screen.getByRole("button", { name: "Stop listening" })).toBeTruthy();
  });

  test("who stops hears no more, and is not told that the call has ended", async () => {
    boxOf([liveCall()]);
    await show(<Live />);
    await press(/Listen to/);
    await press("Stop listening");
    await pass(20);
    expect([FakeSocket.last.closed, soundClosed]).toEqual([true, 1]);
    expect(screen.queryByText("The call has ended.")).toBeNull();
  });
});
