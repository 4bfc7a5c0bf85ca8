// All styles end in one sheet: what one component calls a class by is nobody else's to style.
import { expect, test } from "vitest";

const sheets = import.meta.glob<string>("./**/*.css", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Classes that a sheet styles wherever they stand: selectors of one class alone. */
function bare(sheet: string): Set<string> {
  const found = new Set<string>();
  const text = sheet.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\([^()]*\)/g, "");
  for (const [, prelude] of text.matchAll(/([^{}]+)\{/g)) {
    for (const selector of (prelude ?? "").split(",")) {
      const name = /^\s*\.([\w-]+)\s*$/.exec(selector)?.[1];
      if (name) found.add(name);
    }
  }
  return found;
}

test("a class that stands alone is found, and one that is qualified is not", () => {
  const sheet = "/* .a */ .b { c: d } .e, .f > .g { } @media (x) { .h:is(.i, .j) { } .k { } }";
  expect([...bare(sheet)].sort()).toEqual(["b", "e", "k"]);
});

test("no class is styled by two sheets", () => {
  const owners = new Map<string, string[]>();
  for (const [file, sheet] of Object.entries(sheets))
    for (const name of bare(sheet)) owners.set(name, [...(owners.get(name) ?? []), file]);
  expect(owners.size).toBeGreaterThan(40);
  expect([...owners].filter(([, files]) => files.length > 1)).toEqual([]);
});

test("a report's sheet names no class that another component's sheet styles wherever it stands", () => {
  const owner = new Map<string, string>();
  for (const [file, sheet] of Object.entries(sheets))
    if (/\/(screens|desk)\/(?!report\/)/.test(file))
      for (const name of bare(sheet)) owner.set(name, file);
  const leaks = Object.entries(sheets)
    .filter(([file]) => file.includes("/report/"))
    .flatMap(([file, sheet]) =>
      [...sheet.matchAll(/\.([a-z][\w-]*)/g)]
        .map(([, name]) => [name, owner.get(name ?? "") ?? file] as const)
        .filter(([, of]) => of !== file)
        .map(([name, of]) => `${file}: ${name} is of ${of}`),
    );
  expect([...new Set(leaks)]).toEqual([]);
});

test("what is for the screen is on no paper, whatever else styles it", () => {
  const all = Object.values(sheets).join("\n");
  expect(all).toMatch(/@media print \{[\s\S]*\.screen-only \{\s*display: none !important;/);
});
