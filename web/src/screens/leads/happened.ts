// What happened to a lead, in words: the same on every timeline.
import type * as api from "../../api";
import { cameBy, clock, disposition, money, outcome } from "../../format";
import { buyerStage, stage } from "./words";

const SAID: Record<string, string> = {
  now: "takes it now",
  later: "later",
  needs_information: "needs to know more",
  nurture: "nurtures it",
  reject: "rejects it",
  stands: "the verdict stands",
  changed: "the verdict was changed",
  ineligible: "not taken up",
};
const said = (word: string | undefined) => SAID[word ?? ""] ?? word ?? "";

const REPORTED: Record<string, string> = {
  opportunity: "an opportunity",
  won: "won",
  lost: "lost",
};

/** What a CRM said became of the lead. */
function reported(e: api.LeadEvent): string {
  const parts = [
    REPORTED[e.what ?? ""] ?? e.what,
    ...(e.value ? [money(e.value)] : []),
    ...(e.proof_of_concept === true ? ["with a proof of concept"] : []),
    ...(e.proof_of_concept === false ? ["without a proof of concept"] : []),
  ];
  return `${e.by}: ${parts.join(", ")}${e.note ? `. ${e.note}` : ""}`;
}

/** What happened to a lead, as a line of its timeline. */
export function happened(e: api.LeadEvent): string {
  switch (e.kind) {
    case "lead":
      return `Came in${e.what ? ` by ${e.what}` : ""}`;
    case "call":
      return `Call, ${outcome(e.outcome ?? "")}${e.duration_ms ? `, ${clock(e.duration_ms)}` : ""}${e.disposition ? `: ${disposition(e.disposition)}` : ""}`;
    case "claim":
      return `Claimed as qualified (C-${e.number})${e.came_by ? `, ${cameBy(e.came_by)}` : ""}`;
    case "sales":
      return `Sales ${said(e.what ?? undefined)}${e.criterion ? ` (${e.criterion})` : ""}${e.note ? `: ${e.note}` : ""}`;
    case "stage":
      return e.buyer_stage ? `Buyer: ${buyerStage(e.buyer_stage)}` : stage(e.stage ?? "");
    case "reported":
      return reported(e);
    case "interaction":
      return `The contact: ${e.what}`;
    case "content":
      return `Sent to the buyer: ${e.what}`;
    case "comment":
      return `${e.by}${e.tag ? `, ${e.tag}` : ""}: ${e.what}`;
    case "dispute":
      return `Disputed (C-${e.number}): ${e.what}`;
    case "dispute_decided":
      return `Dispute decided (C-${e.number}): ${said(e.what ?? undefined)}`;
    default:
      return e.passed ? `Passed (C-${e.number})` : `Not passed (C-${e.number})`;
  }
}
