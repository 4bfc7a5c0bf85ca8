// The address: going to another page without loading anew, and hearing that it changed.

/** Goes to a page of this program. */
export function go(path: string) {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** Follows a link in the page; with a modifier the browser opens it as it does any other. */
export function follow(event: MouseEvent) {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const { pathname, search } = event.currentTarget as HTMLAnchorElement;
  go(pathname + search);
}

/** What the address says is open, as `?claim=8`. */
export const asked = (name: string): string | undefined =>
  new URLSearchParams(location.search).get(name) ?? undefined;

/** Keeps in the address what is open, so that a reload shows it again. */
export const keep = (name: string, value: string) =>
  history.replaceState(null, "", `${location.pathname}?${new URLSearchParams({ [name]: value })}`);

/**
 * Calls `then` with the path after each move, by link or by Back and Forward. Returns the function
 * that unsubscribes.
 */
export function onMove(then: (path: string) => void): () => void {
  const moved = () => {
    then(location.pathname);
    // The page begins where its content does: Space plays at once, and a screen reader reads on
    // from there.
    requestAnimationFrame(() => {
      scrollTo(0, 0);
      document.getElementById("main")?.focus({ preventScroll: true });
    });
  };
  addEventListener("popstate", moved);
  return () => removeEventListener("popstate", moved);
}

/** The token of a shared clip, where the address is one. */
export const sharedToken = (path: string): string | undefined =>
  /^\/shared\/([0-9a-f]+)$/.exec(path)?.[1];
