import { useLayoutEffect } from "preact/hooks";

/** Names the page in the browser's tab, with how much of it is news. */
export function useTitle(title: string, news = 0) {
  useLayoutEffect(() => {
    document.title = `${news > 0 ? `(${news}) ` : ""}${title} · Assay`;
  }, [title, news]);
}
