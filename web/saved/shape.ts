// Checks what a file holds once, so that nothing behind it meets a member that is not there.

/** Says where a value is not of the shape; nothing if it is. */
export type Shape = (value: unknown, place: string) => string | undefined;

export const text: Shape = (v, place) => (typeof v === "string" ? undefined : place);
export const integer: Shape = (v, place) => (Number.isSafeInteger(v) ? undefined : place);
export const hash: Shape = (v, place) =>
  typeof v === "string" && /^[0-9a-f]{64}$/.test(v) ? undefined : place;
export const anything: Shape = () => undefined;
export const moment: Shape = (v, place) =>
  typeof v === "string" && microsOf(v) !== undefined ? undefined : place;

/** What `Intl` takes: it throws at others, and so would every amount and day. */
const known =
  (make: (name: string) => unknown): Shape =>
  (v, place) => {
    try {
      return typeof v === "string" && make(v) ? undefined : place;
    } catch {
      return place;
    }
  };
export const currency = known(
  (currency) => new Intl.NumberFormat(undefined, { style: "currency", currency }),
);
export const zone = known((timeZone) => new Intl.DateTimeFormat(undefined, { timeZone }));

export const or =
  (...shapes: Shape[]): Shape =>
  (v, place) =>
    shapes.some((shape) => shape(v, place) === undefined) ? undefined : place;
export const nothing: Shape = (v, place) => (v === null || v === undefined ? undefined : place);

export const list =
  (of: Shape): Shape =>
  (v, place) =>
    Array.isArray(v) ? first(v.map((one, n) => of(one, `${place}[${n}]`))) : place;

export const object =
  (members: Record<string, Shape>): Shape =>
  (v, place) => {
    if (typeof v !== "object" || v === null || Array.isArray(v)) return place;
    const has = v as Record<string, unknown>;
    return first(Object.entries(members).map(([name, of]) => of(has[name], `${place}.${name}`)));
  };

const first = (places: (string | undefined)[]) => places.find((place) => place !== undefined);

const MOMENT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z$/;

/** Microseconds since 1970 of a moment as the box writes it; nothing if it is none. */
export function microsOf(at: string): number | undefined {
  const [, seconds, fraction = ""] = MOMENT.exec(at) ?? [];
  const ms = Date.parse(`${seconds}Z`);
  return Number.isNaN(ms) ? undefined : ms * 1000 + Number(fraction.padEnd(6, "0"));
}

/** The moment, as the box writes it. */
export function momentOf(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const rest = micros - seconds * 1_000_000;
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return rest === 0 ? `${whole}Z` : `${whole}.${String(rest).padStart(6, "0")}Z`;
}
