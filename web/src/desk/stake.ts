import type { Review } from "../api";
import { money } from "../format";

/** What a pass earns, in words. */
export const earns = (review: Review) =>
  review.money?.amount && !review.money.already_earned ? money(review.money.amount) : "nothing";
