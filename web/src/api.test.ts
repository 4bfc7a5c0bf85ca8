import { expect, test, vi } from "vitest";
import { Box, nothing, Raw, refusal } from "../testing/box";
import * as api from "./api";

const answers = (raw: unknown) => new Box({ "GET /claims": raw });

test("what the box answers is the value, and a 204 is none", async () => {
  answers({ claims: [] });
  expect(await api.claims()).toEqual({ ok: true, value: { claims: [] } });
  new Box({ "DELETE /session": nothing });
  expect(await api.signOut()).toEqual({ ok: true, value: undefined });
});

test("a refusal of the box comes as it was said", async () => {
  const missing = [{ criterion: "need", what: "Need has no answer yet" }];
  answers(refusal(422, "Cannot be read", "Not ready.", { missing }));
  expect(await api.claims()).toEqual({
    ok: false,
    problem: { status: 422, title: "Cannot be read", detail: "Not ready.", missing },
  });
});

test("a proxy's page reads as what it is", async () => {
  answers(new Raw(502, "<html><h1>502 Bad Gateway</h1></html>", "Bad Gateway"));
  const r = await api.claims();
  expect(r.ok).toBe(false);
  expect(!r.ok && r.problem.status).toBe(502);
  expect(!r.ok && r.problem.title).toBe("The box did not answer: 502 Bad Gateway");
  expect(!r.ok && r.problem.detail).toContain("between this page and the box");
});

test("HTTP/2 names no status, and the page does", async () => {
  for (const [status, title] of [
    [503, "The box did not answer: 503 Service Unavailable"],
    [504, "The box did not answer: 504 Gateway Timeout"],
    [499, "The box did not answer: 499"],
  ] as const) {
    answers(new Raw(status, ""));
    const r = await api.claims();
    expect(!r.ok && r.problem.title).toBe(title);
  }
});

test("a page of somebody else is no success, whatever its status", async () => {
  answers(new Raw(200, "<html>Sign in to the hotel's network</html>", "OK"));
  const r = await api.claims();
  // Nothing arrived, so that what was sent is sent again.
  expect(!r.ok && r.problem.status).toBe(0);
  expect(!r.ok && r.problem.title).toBe("The box did not answer: 200 OK");
});

test("JSON that is no problem of the box is not taken for one", async () => {
  for (const text of ['{"message":"upstream"}', '"no"', "null", "[]"]) {
    answers(new Raw(502, text, "Bad Gateway"));
    const r = await api.claims();
    expect(!r.ok && r.problem.title).toBe("The box did not answer: 502 Bad Gateway");
  }
});

test("no answer at all is no connection, also when it breaks off in the middle", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  const refused = await api.claims();
  expect(!refused.ok && refused.problem.title).toBe("No connection");
  vi.stubGlobal("fetch", () =>
    Promise.resolve({
      ok: true,
      status: 200,
      statusText: "OK",
      text: () => Promise.reject(new TypeError("network error")),
    }),
  );
  const broken = await api.claims();
  expect(!broken.ok && [broken.problem.status, broken.problem.title]).toEqual([0, "No connection"]);
});

test("a request says what it sends, and a repeated one carries its key", async () => {
  const box = new Box({ "POST /claims": {}, "GET /calls?before=a%2Fb": { calls: [], next: null } });
  const body = { calls: ["c1"], write_up: "Money is there.", answers: { budget: "in_place" } };
  await api.claim(body, "k1");
  expect(box.asked).toEqual([
    {
      method: "POST",
      path: "/claims",
      body,
      headers: { "content-type": "application/json", "idempotency-key": "k1" },
    },
  ]);
  expect((await api.calls({ before: "a/b" })).ok).toBe(true);
  expect(box.asked[1]).toEqual({
    method: "GET",
    path: "/calls?before=a%2Fb",
    body: undefined,
    headers: {},
  });
});

test("a draft outlives the page that sends it, and says what it knew", async () => {
  const sent: RequestInit[] = [];
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    sent.push(init);
    return Promise.reject(new TypeError("Failed to fetch"));
  });
  await api.keepDraft("r1", 4, { rows: {}, marked: 0 });
  expect(sent[0]).toMatchObject({ method: "PUT", keepalive: true });
  expect(JSON.parse(String(sent[0]?.body))).toEqual({
    revision: 4,
    draft: { rows: {}, marked: 0 },
  });
});

test("an item is let go with its reason, and another company's claim sent back with a note", async () => {
  const box = new Box({
    "POST /review/c1/release": nothing,
    "POST /second-reviews/l1/release": nothing,
    "POST /review/c1/send-back": nothing,
  });
  await api.release("c1", "other", "The phone rang");
  await api.releaseSecondReview("l1", "break");
  await api.sendBack("c1", "It is Halden's.");
  expect(box.asked.map((a) => a.body)).toEqual([
    { reason: "other", note: "The phone rang" },
    { reason: "break" },
    { note: "It is Halden's." },
  ]);
});

test("keys are 32 hexadecimal digits and never the same", () => {
  const keys = new Set(Array.from({ length: 100 }, api.newKey));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});

test("a claim and a second review are each given back to their own queue", () => {
  const sent: string[] = [];
  vi.stubGlobal("navigator", { sendBeacon: (url: string) => sent.push(url) > 0 });
  api.releaseLeaving("c1");
  api.releaseSecondReviewLeaving("l1");
  expect(sent).toEqual(["/api/v1/review/c1/release", "/api/v1/second-reviews/l1/release"]);
});
