// The template as it is built: one file, nothing outside it, one place for the data.
import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { build } from "vite";
import type { Rolldown } from "vite";

let html: string;
beforeAll(async () => {
  const configFile = "vite.saved.config.ts";
  const made = await build({ configFile, logLevel: "error", build: { write: false } });
  const { output } = made as Rolldown.RolldownOutput;
  expect(output.map(({ fileName }) => fileName)).toEqual(["saved.html"]);
  const [page] = output as unknown as Rolldown.OutputAsset[];
  html = String(page?.source);
});

const between = (open: RegExp, close: string) => html.split(open)[1]?.split(close)[0] ?? "";
const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

test("it has one place for the data, and is small", () => {
  expect(html.split("__DATA__").length).toBe(2);
  expect(html).toContain('<script type="application/json" id="data">__DATA__</script>');
  expect(html.length).toBeLessThan(90_000);
});

test("its policy allows its own script and style, and nothing else", () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1];
  const script = between(/<script type="module">/, "</script>");
  const style = between(/<style>/, "</style>");
  expect(policy).toBe(
    `default-src 'none'; base-uri 'none'; form-action 'none'; script-src ${hash(script)}; style-src ${hash(style)}`,
  );
  expect(html.indexOf("Content-Security-Policy")).toBeLessThan(html.indexOf("<style>"));
});

test("it names nothing outside itself", () => {
  const page = new DOMParser().parseFromString(html, "text/html");
  expect(page.querySelectorAll("[src], [href], link, iframe, object, img").length).toBe(0);
  const known = ["http://www.w3.org/2000/svg"];
  const found = html.match(/https?:\/\/[^"'`\s]*/g) ?? [];
  expect(found.filter((address) => !known.includes(address))).toEqual([]);
  expect(html).not.toMatch(
    /url\(|@import|\bfetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon/,
  );
});
