import { beforeEach, expect, test, vi } from "vitest";
import { FakeEventSource } from "../testing/stream";
import { Events } from "./events";

let events: Events;
let called: string[];
const listen = (what: string, as = what) => events.subscribe(what, () => called.push(as));

beforeEach(() => {
  vi.useFakeTimers();
  events = new Events();
  called = [];
});

test("however many listen, and however they come and go, one stream is open", () => {
  expect(FakeEventSource.all.length).toBe(0);
  const stop = listen("claims");
  listen("queue");
  stop();
  listen("claims");
  expect(FakeEventSource.all.map((s) => s.url)).toEqual(["/api/v1/events"]);
  FakeEventSource.last.opens();
  listen("calls");
  expect(FakeEventSource.all.length).toBe(1);
});

test("it stays open while nobody listens, as between two pages", () => {
  listen("claims")();
  FakeEventSource.last.opens();
  listen("queue");
  expect(FakeEventSource.all.length).toBe(1);
  expect(FakeEventSource.last.readyState).toBe(FakeEventSource.OPEN);
});

test("who asked about it is called back, and nobody else", () => {
  listen("claims", "first");
  listen("claims", "second");
  listen("queue");
  FakeEventSource.last.opens();
  FakeEventSource.last.changed("claims");
  expect(called).toEqual(["first", "second"]);
  FakeEventSource.last.changed("nothing that is shown");
  expect(called.length).toBe(2);
});

test("a box that lost count has everybody ask again", () => {
  listen("claims");
  listen("queue");
  FakeEventSource.last.opens();
  FakeEventSource.last.changed("all");
  expect(called).toEqual(["claims", "queue"]);
});

test("who stopped is not called, also when it stops in the middle of a round", () => {
  const stops: (() => void)[] = [];
  events.subscribe("claims", () => stops.forEach((stop) => stop()));
  stops.push(listen("claims"));
  FakeEventSource.last.changed("claims");
  expect(called).toEqual([]);
});

test("a first connection calls nobody: the page has just asked", () => {
  listen("claims");
  FakeEventSource.last.opens();
  expect(called).toEqual([]);
});

test("what changed while the stream was broken is asked for when it stands again", () => {
  listen("claims");
  const { last } = FakeEventSource;
  last.opens();
  last.breaks();
  vi.advanceTimersByTime(60_000);
  // The browser mends it: there is no second stream beside it.
  expect([FakeEventSource.all.length, called]).toEqual([1, []]);
  last.opens();
  expect(called).toEqual(["claims"]);
  last.breaks();
  last.opens();
  expect(called).toEqual(["claims", "claims"]);
});

test("a stream that was refused is opened anew, a little later each time", () => {
  listen("claims");
  const opened = [0];
  for (const wait of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    FakeEventSource.last.breaks(true);
    vi.advanceTimersByTime(wait - 1);
    const before = FakeEventSource.all.length;
    vi.advanceTimersByTime(1);
    opened.push(FakeEventSource.all.length - before);
  }
  expect(opened).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
  FakeEventSource.last.opens();
  expect(called).toEqual(["claims"]);
  // Once it stood, the next break is mended soon.
  FakeEventSource.last.breaks(true);
  vi.advanceTimersByTime(1_000);
  expect(FakeEventSource.all.length).toBe(9);
});

test("a stream that was refused is opened at once when somebody has signed in again", () => {
  listen("claims");
  FakeEventSource.last.breaks(true);
  vi.advanceTimersByTime(1_000);
  FakeEventSource.last.breaks(true);
  events.wake();
  expect(FakeEventSource.all.length).toBe(3);
  FakeEventSource.last.opens();
  expect(called).toEqual(["claims"]);
  // One that stands is left alone, and no timer is left behind.
  events.wake();
  vi.advanceTimersByTime(60_000);
  expect(FakeEventSource.all.length).toBe(3);
});

test("while it waits nobody opens a second one, and with nobody listening none is opened", () => {
  const stop = listen("claims");
  FakeEventSource.last.breaks(true);
  listen("queue")();
  stop();
  vi.advanceTimersByTime(60_000);
  expect(FakeEventSource.all.length).toBe(1);
  listen("queue");
  expect(FakeEventSource.all.length).toBe(2);
});

test("with the session the stream ends, and the next one begins anew", () => {
  listen("claims");
  const { last } = FakeEventSource;
  last.opens();
  events.close();
  expect(last.readyState).toBe(FakeEventSource.CLOSED);
  vi.advanceTimersByTime(60_000);
  expect(FakeEventSource.all.length).toBe(1);
  listen("queue");
  FakeEventSource.last.opens();
  expect([FakeEventSource.all.length, called]).toEqual([2, []]);
});

test("a session that ends while the stream waits leaves no timer behind", () => {
  listen("claims");
  FakeEventSource.last.breaks(true);
  events.close();
  vi.advanceTimersByTime(60_000);
  expect([FakeEventSource.all.length, vi.getTimerCount()]).toEqual([1, 0]);
});
