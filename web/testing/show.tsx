// Pages as a person meets them: shown, read by role and name, clicked and typed into.
import { act, fireEvent, render, screen, within } from "@testing-library/preact";
import type { ComponentChild } from "preact";
import { settle } from "./box";

export { screen, within };

/** Draws it and lets everything that it asks be answered. */
export async function show(node: ComponentChild) {
  const view = render(<>{node}</>);
  await settle();
  return {
    /** Takes it off the page; what it began ends with it, a moment later. */
    leave: async () => {
      act(() => void view.unmount());
      await settle();
    },
  };
}

export async function click(at: Element) {
  fireEvent.click(at);
  await settle();
}
export const press = (name: string | RegExp) => click(screen.getByRole("button", { name }));

/** Writes into a field, found by its label. */
export async function write(label: string | RegExp, text: string) {
  fireEvent.input(screen.getByLabelText(label), { target: { value: text } });
  await settle();
}
export async function choose(label: string | RegExp, value: string) {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
  await settle();
}
export async function submit(name: string | RegExp) {
  const form = screen.getByRole("button", { name }).closest("form");
  if (!form) throw new Error(`'${String(name)}' stands in no form`);
  fireEvent.submit(form);
  await settle();
}

/** A key pressed where the focus is, or on an element. */
export async function key(pressed: string, more: KeyboardEventInit = {}, at?: Element) {
  const code = /^[0-9]$/.test(pressed) ? `Digit${pressed}` : "";
  fireEvent.keyDown(at ?? document.activeElement ?? document.body, {
    key: pressed,
    code,
    ...more,
  });
  await settle();
}

/** The text of an element, each run of white space as one. */
export const textOf = (at: Element | null) =>
  (at?.textContent ?? "").replaceAll(/\s+/g, " ").trim();
/**
 * What is wrong with the tables whose rows are cards in a narrow window: a figure that does not say
 * what it is, or says otherwise than its column. Fails where there is no such table.
 */
export function misnamed(of = "table.cards"): string[] {
  const tables = [...document.querySelectorAll<HTMLTableElement>(of)];
  if (tables.length === 0) throw new Error("no table of cards");
  return tables.flatMap((table) => {
    const heads = [...table.querySelectorAll("thead th")];
    const name = textOf(table.querySelector("caption"));
    return [...table.querySelectorAll("tbody tr, tfoot tr")]
      .flatMap((row) => [...row.children].map((cell, at) => [cell, at, heads[at] ?? null] as const))
      .filter(
        ([cell, at, head]) =>
          at > 0 && !cell.hasAttribute("aria-hidden") && !head?.querySelector(".vh"),
      )
      .map(([cell, , head]) => [textOf(head), cell.getAttribute("data-head")] as const)
      .filter(([head, of]) => head !== of)
      .map(([head, of]) => `${name}: '${of ?? ""}' under '${head}'`);
  });
}

/** The rows of the table of that name, or of the only one, cell by cell, without its head. */
export const cells = (table: HTMLElement = screen.getByRole("table")): string[][] =>
  within(table)
    .getAllByRole("row")
    .slice(1)
    .map((row) => [...row.children].map(textOf));
export const options = (label: string | RegExp) =>
  [...screen.getByLabelText(label).querySelectorAll("option")].map(textOf);
/** What is told as having gone wrong. */
export const alerts = () => screen.queryAllByRole("alert").map(textOf);
/** Every control on the page has a name. */
export function unnamed(): string[] {
  const controls = document.querySelectorAll("button, input, select, textarea, a[href]");
  return [...controls]
    .filter((c) => {
      const labelled = c as HTMLInputElement;
      const name =
        c.getAttribute("aria-label") ?? (textOf(c) || textOf(labelled.labels?.[0] ?? null));
      return !name;
    })
    .map((c) => c.outerHTML);
}
