// Before and after every test: no network, no session of the test before, the same zone everywhere.
import { act, cleanup } from "@testing-library/preact";
import { afterEach, beforeEach, vi } from "vitest";
import { events } from "../src/events";
import { settle } from "./box";
import { FakeAudio } from "./sound";
import { FakeEventSource } from "./stream";

beforeEach(() => {
  FakeEventSource.all = [];
  FakeAudio.all = [];
  vi.stubGlobal("Audio", FakeAudio);
  vi.stubGlobal("MediaError", { MEDIA_ERR_SRC_NOT_SUPPORTED: 4 });
  vi.stubGlobal("EventSource", FakeEventSource);
  vi.stubGlobal("fetch", () => {
    throw new Error("a test asks the network");
  });
});

afterEach(async () => {
  act(cleanup);
  // What a page still sends when it is left goes to the box of its own test.
  await settle();
  events.close();
  localStorage.clear();
  sessionStorage.clear();
  history.replaceState(null, "", "/");
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
