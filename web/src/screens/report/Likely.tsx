// How likely sales accepts a lead, beside it in a list.
import type { LeadScore } from "../../api";
import { because, chance } from "./scoreWords";
import "./Likely.css";
import { range } from "./slotWords";

export function Likely({ score }: { score: LeadScore }) {
  const why = `${because(score)} 95 % interval ${range({ rate: score.share, low: score.low, high: score.high })} %.`;
  return (
    <details class="likely">
      <summary>
        {chance(score)} <span class="second">likely accepted</span>
      </summary>
      <small>{why}</small>
    </details>
  );
}
