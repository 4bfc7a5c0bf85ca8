// Who imports whom: no circles, and arrows that point one way.
import { expect, test } from "vitest";

const sources = import.meta.glob<string>("./**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});
const code = Object.keys(sources).filter((f) => !/\.test\.tsx?$|^\.\/testing\//.test(f));

/** The file that an import names, as its path from here. */
function resolved(from: string, to: string): string | undefined {
  const parts = from.split("/").slice(0, -1);
  for (const part of to.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  const path = [".", ...parts.slice(1)].join("/");
  return [`${path}.ts`, `${path}.tsx`, path].find((f) => f in sources);
}

const importsOf = (file: string): string[] =>
  [...(sources[file] ?? "").matchAll(/(?:from|import)\s*\(?"(\.[^"]+)"/g)].flatMap(
    ([, to]) => resolved(file, to ?? "") ?? [],
  );
const graph = new Map(code.map((file) => [file, importsOf(file)]));

/** The first way that leads from a file back to itself. */
function circle(of: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (file: string, way: string[]): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of of.get(file) ?? []) {
      const found = walk(next, [...way, file]);
      if (found) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of of.keys()) {
    const found = walk(file, []);
    if (found) return found;
  }
  return undefined;
}

test("a circle is found where there is one", () => {
  const ring = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", []],
    ["d", ["b"]],
  ]);
  expect(circle(ring)).toEqual(["b", "d", "b"]);
  ring.set("d", ["c"]);
  expect(circle(ring)).toBeUndefined();
});

test("no file imports itself by way of others", () => {
  expect(graph.size).toBeGreaterThan(30);
  expect([...graph.values()].flat().length).toBeGreaterThan(100);
  expect(circle(graph)).toBeUndefined();
});

test("every import names a file of the page", () => {
  const lost = code.flatMap((file) =>
    [...(sources[file] ?? "").matchAll(/from "(\.[^"]+)"/g)]
      .filter(([, to]) => resolved(file, to ?? "") === undefined)
      .map(([, to]) => `${file}: ${to}`),
  );
  expect(lost).toEqual([]);
});

test("parts know no screen, and nothing but the entry knows the app", () => {
  const wrong = [...graph].flatMap(([file, imports]) =>
    imports
      .filter(
        (to) =>
          (to === "./app.tsx" && file !== "./main.tsx") ||
          (file.startsWith("./parts/") && /^\.\/(screens|desk)\//.test(to)) ||
          (file.startsWith("./desk/") && to.startsWith("./screens/")),
      )
      .map((to) => `${file} imports ${to}`),
  );
  expect(wrong).toEqual([]);
});
