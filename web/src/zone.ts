// Days of a time zone as moments: the house counts its days in its own.

/** How far its clocks are ahead of universal time at a moment of whole seconds. */
function ahead(at: number, timeZone: string): number {
  const wall = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(at);
  return Date.parse(`${wall.replace(" ", "T")}Z`) - at;
}

/** When a day, `2026-11-20`, begins there. */
export function startOfDay(date: string, timeZone: string): string {
  const wall = Date.parse(`${date}T00:00:00Z`);
  // The clocks may change between midnight there and midnight in universal time.
  const near = wall - ahead(wall, timeZone);
  return new Date(wall - ahead(near, timeZone)).toISOString();
}

/** The last millisecond of a day there. */
export function endOfDay(date: string, timeZone: string): string {
  const next = new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return new Date(Date.parse(startOfDay(next, timeZone)) - 1).toISOString();
}

/** The day of a moment there. */
export const dateThere = (at: string, timeZone: string): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(new Date(at));
