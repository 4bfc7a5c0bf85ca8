// The desk with nothing on it: how much waits, and the act that takes the next.
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useLatest } from "../parts/latest";
import { useLoaded } from "../parts/load";
import { Key } from "../parts/marks";
import { Empty, Loading, Trouble } from "../parts/states";
import type { Source, Waiting } from "./source";

interface Props {
  source: Source;
  /** Why nothing is here: the page was opened, work is paused, or nothing could be taken. */
  why: "opened" | "paused" | "empty";
  take: () => Promise<void>;
}

export function Idle({ source, why, take }: Props) {
  const { value, problem, again } = useLoaded(source.waiting, "queue");
  const main = useRef<HTMLDivElement>(null);
  useEnter(take);
  useEffect(() => {
    main.current?.closest("main")?.focus({ preventScroll: true });
  }, []);
  return (
    <Page>
      <section class="panel">
        <header>
          <h1>{source.title}</h1>
        </header>
        <div ref={main}>
          {problem && <Trouble problem={problem} again={again} />}
          {!value && !problem && <Loading what="how many wait" />}
          {value && (
            <Empty title={titleOf(source, why, value)}>
              <p role="status">{wordsOf(source, why, value)}</p>
              {isSome(value) && (
                <p>
                  <button class="btn large primary" onClick={() => void take()}>
                    Take the next {source.one} <Key>Enter</Key>
                  </button>
                </p>
              )}
            </Empty>
          )}
        </div>
      </section>
    </Page>
  );
}

const isSome = ({ waiting, skipped }: Waiting) => waiting + skipped > 0;

const count = (n: number, { one, many }: Source) =>
  n === 1 ? `1 ${one} waits` : `${n} ${many} wait`;

function titleOf(source: Source, why: Props["why"], value: Waiting): string {
  if (why === "paused") return "Paused";
  if (value.waiting === 0 && value.skipped > 0) return "Only what you skipped waits.";
  return isSome(value) ? `${count(value.waiting, source)}.` : "Nothing waits for you";
}

function wordsOf(source: Source, why: Props["why"], value: Waiting): string {
  const come = value.waiting > 0 ? "; they come last" : "";
  const skipped = value.skipped > 0 ? ` You skipped ${value.skipped}${come}.` : "";
  if (!isSome(value)) return source.empty;
  if (why === "paused")
    return `Nothing is with you. ${count(value.waiting, source)}.${skipped} Enter takes the next.`;
  const gone = why === "empty" ? "Somebody else was quicker, or you may not judge it. " : "";
  return `${gone}Enter takes the next.${skipped}`;
}

/** Enter takes the next, wherever the focus is but on a control of its own. */
function useEnter(take: () => Promise<void>) {
  const latestRef = useLatest(take);
  useEffect(() => {
    let taking = false;
    const pressed = (e: KeyboardEvent) => {
      const own = (e.target as HTMLElement).closest("button, a, input, select, textarea, dialog");
      if (e.key !== "Enter" || e.repeat || own || taking) return;
      e.preventDefault();
      taking = true;
      void latestRef.current().finally(() => (taking = false));
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [latestRef]);
}

export const Page = ({ children }: { children: ComponentChildren }) => (
  <main id="main" class="page" tabIndex={-1}>
    {children}
  </main>
);
