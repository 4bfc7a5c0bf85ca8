// Elements by hand. Text is always text: nothing of the data is read as HTML.
type Child = Node | string | false | undefined;
type Attributes = Record<string, string | number | boolean | undefined>;

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  set(made, attributes);
  fill(made, ...children);
  return made;
}

/** Puts these in the place of what an element holds. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((c) => c !== false && c !== undefined));
}

function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

const SHAPES = {
  pass: ["M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z", "M3.8 8.4l2.9 2.9 5.5-6"],
  fail: ["M1 1h14v14H1z", "M4.6 4.6l6.8 6.8M11.4 4.6l-6.8 6.8"],
  open: ["M8 1.4a6.6 6.6 0 1 0 .01 0z"],
};
export type Shape = keyof typeof SHAPES;

const SVG = "http://www.w3.org/2000/svg";

/** A mark of its own shape; a word always follows. */
function mark(shape: Shape): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  set(svg, { class: "mark-shape", viewBox: "0 0 16 16", "aria-hidden": "true" });
  const [body, sign] = SHAPES[shape];
  const dashes = { fill: "none", stroke: "currentColor", "stroke-width": 1.8 };
  const outline = { ...dashes, "stroke-dasharray": "2.9 2.28" };
  const parts = [path(body, shape === "open" ? outline : { fill: "currentColor" })];
  if (sign) parts.push(path(sign, { fill: "none", stroke: "var(--surface)", "stroke-width": 2 }));
  svg.append(...parts);
  return svg;
}

function path(d: string | undefined, attributes: Attributes): SVGElement {
  const made = document.createElementNS(SVG, "path");
  set(made, { d, ...attributes });
  return made;
}

export const state = (shape: Shape, word: string) =>
  el("span", { class: `state state-${shape}` }, mark(shape), word);
