// Verdicts of one's own that were not looked at yet: counted in the head of the page, and read out
// when they come.
import { useCallback, useReducer, useState } from "preact/hooks";
import * as api from "../../api";
import { money } from "../../format";
import { type Loaded, useLoaded } from "../../parts/load";

interface Seen {
  /** What was known when this person first came here is no news. */
  since: number;
  keys: string[];
}

/**
 * When a claim last became news to its claimant: a verdict, a decided dispute, a claim that came
 * back.
 */
export function newsAt(c: api.Claim): number {
  const times = [
    c.state === "decided" ? c.decided_at : null,
    c.dispute?.decided_at ?? null,
    c.sent_back?.at ?? null,
  ];
  return Math.max(0, ...times.map((t) => (t ? Date.parse(t) : 0)));
}
const keyOf = (c: api.Claim) => `${c.id} ${newsAt(c)} ${c.outcome}`;

/** The news in a few words, as it is read out. */
export function newsWords(c: api.Claim): string {
  if (c.state === "sent_back") return `${c.company}: your claim came back to you.`;
  if (c.outcome === "failed") return `${c.company}: not passed.`;
  if (c.outcome === "passed_waiting") return `${c.company}: passed, and waits.`;
  return `${c.company}: passed${c.entry ? `, ${money(c.entry.amount)}` : ""}.`;
}

export class News {
  unseen: api.Claim[] = [];
  /** What came last, for a reader of the screen. */
  said = "";
  private seen: Seen | undefined;
  private list: api.Claim[] = [];
  private told: Set<string> | undefined;
  private readonly name: string;

  constructor(person: string) {
    this.name = `assay.seen.${person}`;
    this.seen = this.read();
  }

  arrived(list: api.Claim[]) {
    this.list = list;
    // Another tab may have seen some meanwhile.
    this.seen = this.read() ?? this.seen;
    this.seen ??= { since: Math.max(0, ...list.map(newsAt)), keys: [] };
    this.sort();
    const fresh = this.unseen.filter((c) => this.told && !this.told.has(keyOf(c)));
    this.told = new Set([...(this.told ?? []), ...this.unseen.map(keyOf)]);
    if (fresh.length > 0) this.said = fresh.map(newsWords).join(" ");
  }

  see(...claims: api.Claim[]) {
    this.seen ??= { since: 0, keys: [] };
    const here = new Set(this.list.map(keyOf));
    const keys = new Set([...this.seen.keys.filter((k) => here.has(k)), ...claims.map(keyOf)]);
    this.seen = { ...this.seen, keys: [...keys] };
    this.sort();
  }

  private sort() {
    const { since, keys } = this.seen ?? { since: 0, keys: [] };
    this.unseen = this.list.filter((c) => newsAt(c) > since && !keys.includes(keyOf(c)));
    try {
      localStorage.setItem(this.name, JSON.stringify(this.seen));
    } catch {
      // Forbidden or full: it is known for as long as the page is open.
    }
  }

  private read(): Seen | undefined {
    try {
      return JSON.parse(localStorage.getItem(this.name) ?? "null") ?? undefined;
    } catch {
      return undefined;
    }
  }
}

export interface Own {
  /** The newest of them. */
  claims: Loaded<{ claims: api.Claim[]; next?: number | null }>;
  unseen: api.Claim[];
  said: string;
  see: (...claims: api.Claim[]) => void;
}

const none = { ok: true, value: { claims: [] as api.Claim[], next: null } } as const;

/** A telemarketer's own claims, and which of them are news. Nobody else is asked for any. */
export function useOwnClaims(me: api.Me): Own {
  const mine = me.role === "telemarketer";
  const [news] = useState(() => new News(me.id));
  const [, draw] = useReducer((n: number) => n + 1, 0);
  const ask = useCallback(async () => {
    if (!mine) return none;
    const r = await api.claims();
    if (r.ok) news.arrived(r.value.claims);
    return r;
  }, [news, mine]);
  const claims = useLoaded(ask, mine ? "claims" : undefined);
  const see = useCallback(
    (...seen: api.Claim[]) => {
      news.see(...seen);
      draw(undefined);
    },
    [news],
  );
  return { claims, unseen: news.unseen, said: news.said, see };
}
