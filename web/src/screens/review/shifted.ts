/** Moves one of a list by a step; at its ends nothing happens. */
export function shifted<T>(list: T[], at: number, step: number): T[] {
  const [to, item] = [at + step, list[at]];
  if (item === undefined || to < 0 || to >= list.length) return list;
  const rest = list.filter((_, i) => i !== at);
  return [...rest.slice(0, to), item, ...rest.slice(to)];
}
