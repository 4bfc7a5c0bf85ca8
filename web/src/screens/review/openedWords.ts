// Who opened a lead before somebody else claims it, in one sentence.
import type { Claim } from "../../api";
import { day } from "../../format";

type Opener = NonNullable<Claim["opener"]>;

/** `Ana opened this lead on 3 Nov 2026: 30 % of what it earns is theirs, and 70 % yours.` */
export const openedWords = ({ name, at, percent }: Opener) =>
  `${name} opened this lead on ${day(at)}: ${percent} % of what it earns is theirs, and ` +
  `${100 - percent} % yours.`;
