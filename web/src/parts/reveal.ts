/**
 * What was opened stands under its list on a narrow page: brings its heading into view, with the
 * focus.
 */
export function reveal(side: HTMLElement | null) {
  // Once it is drawn.
  setTimeout(() => {
    const { top = 0 } = side?.getBoundingClientRect() ?? {};
    if (top <= innerHeight * 0.8) return;
    side?.scrollIntoView({ block: "start" });
    side?.querySelector("h2")?.focus({ preventScroll: true });
  });
}
