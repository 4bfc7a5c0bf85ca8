// What is entered and not sent yet, kept in this tab: a reload and a click elsewhere lose nothing.

export interface Mirror<T> {
  get: () => T | undefined;
  put: (value: T) => void;
  /** Drops it, or only what equals a value. */
  drop: (value?: T) => void;
}

export function mirror<T>(name: string): Mirror<T> {
  const key = `assay.${name}`;
  return {
    get: () => {
      try {
        return JSON.parse(sessionStorage.getItem(key) ?? "null") ?? undefined;
      } catch {
        return undefined;
      }
    },
    put: (value) => {
      try {
        sessionStorage.setItem(key, JSON.stringify(value));
      } catch {
        // Full or forbidden: the box has it, or the page says that it has not.
      }
    },
    drop: (value) => {
      if (value === undefined || sessionStorage.getItem(key) === JSON.stringify(value))
        sessionStorage.removeItem(key);
    },
  };
}
