// A box that answers from a table, and remembers what it was asked.
import { act } from "@testing-library/preact";
import { vi } from "vitest";
import type { Problem } from "../src/api";

export interface Asked {
  method: string;
  path: string;
  body: unknown;
  headers: Record<string, string>;
}
/** An answer that is not plain JSON with 200. */
export class Raw {
  constructor(
    readonly status: number,
    readonly text: string,
    readonly statusText = "",
  ) {}
}
type Answer = unknown | ((asked: Asked) => unknown);

/** What the box says when it refuses. */
export const refusal = (status: number, title: string, detail: string, more = {}) =>
  new Raw(status, JSON.stringify({ status, title, detail, ...more } satisfies Problem));
export const nothing = new Raw(204, "");

export class Box {
  readonly asked: Asked[] = [];

  /** `answers` by method and path, as `GET /claims`; what is not there is a 404, as on the box. */
  constructor(readonly answers: Record<string, Answer>) {
    vi.stubGlobal("fetch", (url: string, init: RequestInit = {}) => this.fetch(url, init));
  }

  /** The bodies that were sent to one address. */
  sent(to: string): unknown[] {
    return this.asked.filter((a) => `${a.method} ${a.path}` === to).map((a) => a.body);
  }

  count(to: string): number {
    return this.sent(to).length;
  }

  private async fetch(url: string, init: RequestInit) {
    const asked: Asked = {
      method: init.method ?? "GET",
      path: url.replace("/api/v1", ""),
      body: typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : init.body,
      headers: init.headers as Record<string, string>,
    };
    this.asked.push(asked);
    const known = this.answers[`${asked.method} ${asked.path}`];
    const answer =
      known === undefined
        ? refusal(404, "Not there", "There is nothing under this address.")
        : typeof known === "function"
          ? ((await known(asked)) as unknown)
          : known;
    const raw = answer instanceof Raw ? answer : new Raw(200, JSON.stringify(answer));
    return {
      ok: raw.status >= 200 && raw.status < 300,
      status: raw.status,
      statusText: raw.statusText,
      text: () => Promise.resolve(raw.text),
    };
  }
}

/** Lets everything that was asked be answered and drawn, and what that asks in its turn; no clock moves. */
export async function settle() {
  for (let round = 0; round < 3; round++)
    await act(async () => {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    });
}

/** The same, with a clock of the test that goes on meanwhile. */
export const pass = (ms: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });
