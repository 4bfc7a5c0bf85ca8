// What is entered and not sent yet, kept in the browser: a reload and a click elsewhere lose
// nothing. It comes back to the person who entered it and to nobody else.

export interface Mirror<T> {
  get: () => T | undefined;
  put: (value: T) => void;
  /** Drops it, or only what equals a value. */
  drop: (value?: T) => void;
}

let owner = "";

/** Says who is signed in. */
export function ownedBy(person: string) {
  owner = person;
  sweep(Date.now());
}

const LASTING = "assay.entered.";
/** As long as a verdict can be disputed where nothing else is configured. */
const LASTS_MS = 14 * 86_400_000;

interface Entered<T> {
  at: number;
  value: T;
}

/** In this tab: for what the box is told as it is entered. */
export const mirror = <T>(name: string): Mirror<T> =>
  stored(
    () => sessionStorage,
    () => `assay.${owner}.${name}`,
  );

/** In this browser, also when the tab is closed: for what the box is told only when it is sent. */
export const lasting = <T>(name: string): Mirror<T> =>
  stored(
    () => localStorage,
    () => `${LASTING}${owner}.${name}`,
  );

function stored<T>(store: () => Storage, key: () => string): Mirror<T> {
  const get = () => entered<T>(store().getItem(key()))?.value;
  return {
    get,
    put: (value) => {
      try {
        store().setItem(key(), JSON.stringify({ at: Date.now(), value } satisfies Entered<T>));
      } catch {
        // Full or forbidden: the box has it, or the page says that it has not.
      }
    },
    drop: (value) => {
      if (value === undefined || JSON.stringify(get()) === JSON.stringify(value))
        store().removeItem(key());
    },
  };
}

function entered<T>(text: string | null): Entered<T> | undefined {
  try {
    return JSON.parse(text ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

/** What nobody came back to goes. */
function sweep(now: number) {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(LASTING)) continue;
    const { at } = entered(localStorage.getItem(key)) ?? { at: 0 };
    if (now - at > LASTS_MS) localStorage.removeItem(key);
  }
}
