// Before and after every test: no network, no session of the test before, the same zone everywhere.
import { cleanup } from "@testing-library/preact";
import { afterEach, beforeEach, vi } from "vitest";
import { events } from "../src/events";
import { FakeEventSource } from "./stream";

beforeEach(() => {
  FakeEventSource.all = [];
  vi.stubGlobal("EventSource", FakeEventSource);
  vi.stubGlobal("fetch", () => {
    throw new Error("a test asks the network");
  });
});

afterEach(() => {
  cleanup();
  events.close();
  localStorage.clear();
  history.replaceState(null, "", "/");
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
