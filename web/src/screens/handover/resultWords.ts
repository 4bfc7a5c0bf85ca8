// What became of leads, in words: what they are told apart by, what each cost, and how a month compares with the one before.
import type * as api from "../../api";
import { day, many, money, month } from "../../format";

/** Told apart by, the head of its column, all of them, and what it is called where it is not known. */
export const KINDS: [api.SourceKind, string, string, string, string][] = [
  ["source", "By source", "Source", "All sources", "no source known"],
  ["campaign", "By campaign", "Campaign", "All campaigns", "no campaign known"],
  ["supplier", "By supplier", "Supplier", "All suppliers", "no supplier known"],
  ["list", "By list", "List", "All lists", "came in by no list"],
];
const kind = (by: api.SourceKind) => KINDS.find(([id]) => id === by);
export const headOf = (by: api.SourceKind) => kind(by)?.[2] ?? by;
export const allOf = (by: api.SourceKind) => kind(by)?.[3] ?? by;
export const knownKind = (by?: string | null): api.SourceKind | undefined =>
  KINDS.find(([id]) => id === by)?.[0];

export const PATH = "/results/";

/** The page of one, of the same days; another client's of the same name has a page of its own. */
export function addressOf(
  by: api.SourceKind,
  of: api.SourceReport,
  days: Record<string, string | undefined>,
) {
  const kept = Object.entries({ client: of.client_id, ...days });
  const query = new URLSearchParams(kept.filter((d): d is [string, string] => d[1] !== undefined));
  return `${PATH}${by}/${encodeURIComponent(of.name)}?${query}`;
}

/** Whether they are several clients', so that each has to be named. */
export const ofSeveral = (sources: api.SourceReport[]) =>
  new Set(sources.map((s) => s.client_id)).size > 1;

/** A list by its file, anything else by its name. */
export const nameOf = (by: api.SourceKind, of: Pick<api.SourceReport, "name" | "list">) =>
  of.list ? of.list.file_name || "a list without a name" : of.name || (kind(by)?.[4] ?? "");

export const COLUMNS = [
  ["delivered", "Delivered"],
  ["duplicates", "Duplicates"],
  ["dead", "Dead numbers"],
  ["never_answered", "Never answered"],
  ["reached", "Reached"],
  ["passed", "Passed"],
  ["accepted", "Accepted"],
  ["rejected", "Rejected"],
] as const;

export const STEPS = [
  ["delivered", "Delivered"],
  ["reached", "Reached"],
  ["passed", "Passed"],
  ["accepted", "Accepted"],
] as const;
export type StepName = (typeof STEPS)[number][0];

/** Where it was promised that nobody is singled out, what calls came to is not told. */
export const UNTOLD = "not told";
export const counted = (n: number | null) => (n === null ? UNTOLD : n.toLocaleString());

/** What each cost, or that there is none to have cost anything. */
export const each = (cost: api.CostEach) => (cost.each ? money(cost.each) : "none yet");

/** What each that came so far cost, by currency; `not said` where no source says a cost. */
export const costs = (counts: api.SourceCounts, step: StepName): string[] => {
  if (counts.costs.length === 0) return ["not said"];
  const several = counts.costs.length > 1;
  return counts.costs.map((c) => {
    const none = several ? `none yet in ${c.total.currency}` : "none yet";
    const cost = c[step];
    return cost === null ? UNTOLD : cost.each ? each(cost) : none;
  });
};

/** Of how many leads the costs are not: in words, where it is any. */
export function uncounted(counts: api.SourceCounts): string[] {
  const words = [];
  if (counts.unpriced > 0)
    words.push(
      `${many(counts.unpriced, "lead")} ${counts.unpriced === 1 ? "is" : "are"} of sources that say no cost, and not counted here.`,
    );
  if (counts.left_out > 0)
    words.push(
      `${many(counts.left_out, "duplicate")} left out at import ${counts.left_out === 1 ? "is" : "are"} not counted here: which source ${counts.left_out === 1 ? "it" : "they"} would have had is not kept.`,
    );
  return words;
}

/** What came of the rows of a list. */
export function rowsOf(list: api.ListFacts): string {
  const parts = [
    `${list.added.toLocaleString()} new`,
    ...(list.changed > 0
      ? [`${list.changed.toLocaleString()} brought leads up to date that were there`]
      : []),
    ...(list.left_out > 0 ? [`${many(list.left_out, "duplicate")} left out`] : []),
    ...(list.bad > 0 ? [`${list.bad.toLocaleString()} could not be read`] : []),
  ];
  const undone = list.undone_at
    ? ` Undone on ${day(list.undone_at)}: leads on which something hangs stayed.`
    : "";
  return `${many(list.rows, "row")}: ${parts.join(", ")}.${undone}`;
}

export const NOTHING: api.SourceCounts = {
  delivered: 0,
  duplicates: 0,
  left_out: 0,
  not_called: 0,
  dead: 0,
  dead_by_cause: {},
  never_answered: 0,
  reached: 0,
  passed: 0,
  accepted: 0,
  rejected: 0,
  rejected_by_criterion: {},
  rejected_for: [],
  untold: 0,
  costs: [],
  unpriced: 0,
};

const next = (period: string) => {
  const [year = 0, of = 1] = period.split("-").map(Number);
  return of === 12 ? `${year + 1}-01` : `${year}-${String(of + 1).padStart(2, "0")}`;
};
/** A page is not longer than this, whatever months it is told. */
const MOST_MONTHS = 1200;

/** The months with those between them in which nothing came in. */
export function unbroken(months: api.SourceMonth[]): api.SourceMonth[] {
  const [first, last] = [months[0], months.at(-1)];
  if (!first || !last) return [];
  const known = new Map(months.map((m) => [m.month, m]));
  const all = [];
  for (let at = first.month; at <= last.month && all.length < MOST_MONTHS; at = next(at))
    all.push(known.get(at) ?? { month: at, whole: true, counts: NOTHING });
  return all;
}

const against = (now: number, before: number) => {
  if (now === before) return "as before";
  return `${now > before ? "up" : "down"} from ${before.toLocaleString()}`;
};

/** How the last whole month compares with the one before it; nothing is said of months in part. */
export function compared(months: api.SourceMonth[]): string {
  const [before, now] = months.filter((m) => m.whole).slice(-2);
  if (!before || !now) return "There are no two whole months among these days to compare.";
  const parts = STEPS.flatMap(([id, label]) => {
    const [n, was] = [now.counts[id], before.counts[id]];
    return n === null || was === null
      ? []
      : [`${n.toLocaleString()} ${label.toLowerCase()}, ${against(n, was)}`];
  });
  return `${month(now.month)} against ${month(before.month)}: ${parts.join("; ")}.`;
}
