// The ways to the pages: side by side where they are few, by what they are about where they are many.
import { useEffect, useRef } from "preact/hooks";
import { follow } from "./route";
import { type Screen, SIDE_BY_SIDE } from "./screens";

interface Props {
  screens: Screen[];
  /** The page that shows. */
  at: Screen | undefined;
}

/** Pages that stand alone, and the first of each group, in their order. */
const doors = (screens: Screen[]) =>
  screens.filter((s) => !s.group || s === screens.find((first) => first.group === s.group));

const isMany = (screens: Screen[]) => screens.length > SIDE_BY_SIDE;

/** Where the pages do not fit side by side, the one that shows is in view. */
function useInView(at: Screen | undefined) {
  const navRef = useRef<HTMLElement>(null);
  useEffect(() => {
    const nav = navRef.current;
    const link = nav?.querySelector<HTMLElement>("[aria-current]");
    // In the middle, where those beside it show that there are more.
    if (nav && link) nav.scrollLeft = link.offsetLeft + (link.offsetWidth - nav.clientWidth) / 2;
  }, [at]);
  return navRef;
}

interface PagesProps extends Props {
  /** Verdicts that were not seen. */
  news: number;
  /** What is to be repaired. */
  repairs: number;
}

export function Pages({ screens, at, news, repairs }: PagesProps) {
  const navRef = useInView(at);
  const many = isMany(screens);
  return (
    <nav aria-label="Pages" ref={navRef}>
      {(many ? doors(screens) : screens).map((s) => {
        const group = many ? s.group : undefined;
        const here = s === at || (group !== undefined && group === at?.group);
        return (
          <a
            key={s.path}
            href={s.path}
            aria-current={here ? (group ? "true" : "page") : undefined}
            onClick={follow}
          >
            {group ?? s.label}
            {s.path === "/claims" && <Count n={news} what="not seen yet" />}
            {s.path === "/repairs" && <Count n={repairs} what="to repair" />}
          </a>
        );
      })}
    </nav>
  );
}

/** The pages of the group that shows, where there are groups. */
export function Within({ screens, at }: Props) {
  const navRef = useInView(at);
  if (!at?.group || !isMany(screens)) return null;
  return (
    <nav class="within" aria-label={at.group} ref={navRef}>
      {screens
        .filter((s) => s.group === at.group)
        .map((s) => (
          <a
            key={s.path}
            href={s.path}
            aria-current={s === at ? "page" : undefined}
            onClick={follow}
          >
            {s.label}
          </a>
        ))}
    </nav>
  );
}

const Count = ({ n, what }: { n: number; what: string }) =>
  n > 0 ? (
    <span class="news">
      {n}
      <span class="vh"> {what}</span>
    </span>
  ) : null;
