// First, second, third: in figures, as English writes them.
const RULES = new Intl.PluralRules("en", { type: "ordinal" });
const ENDS: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };

export const nth = (n: number) => `${n}${ENDS[RULES.select(n)] ?? "th"}`;
