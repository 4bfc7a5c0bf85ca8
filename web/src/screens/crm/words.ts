// CRMs in words.
import type * as api from "../../api";
import { moment } from "../../format";

export const KINDS: [api.CrmKind, string][] = [
  ["espocrm", "EspoCRM"],
  ["salesforce", "Salesforce"],
  ["hubspot", "HubSpot"],
  ["plain", "A program of your own"],
];
export const kindWord = (kind: api.CrmKind) => KINDS.find(([id]) => id === kind)?.[1] ?? kind;

/** What is asked for of each: its address, its key, and an example of an address. */
export const ASKED: Record<api.CrmKind, { url: string; key: string; example: string }> = {
  espocrm: {
    url: "Where you open it in a browser.",
    key: "Administration, API Users: the API Key of a user who may read, create and edit Leads.",
    example: "https://crm.example.com",
  },
  salesforce: {
    url: "The address of My Domain.",
    key: "A connected app with the client credentials flow: its consumer key, a colon, and its consumer secret.",
    example: "https://example.my.salesforce.com",
  },
  hubspot: {
    url: "The address of HubSpot’s interface, the same for everybody.",
    key: "Settings, Integrations, Private Apps: the access token, with scopes to read and write contacts and to read their properties.",
    example: "https://api.hubapi.com",
  },
  plain: {
    url: "Each lead is posted there as JSON, with an Idempotency-Key.",
    key: "Sent as a bearer token. Leave it empty if your program asks for none.",
    example: "https://hooks.example.com/leads",
  },
};

/** Our fields, in words. */
export const FIELDS: [string, string][] = [
  ["company", "Company"],
  ["contact", "Contact"],
  ["contact_role", "Role of the contact"],
  ["phone", "Number"],
  ["source", "Source"],
  ["write_up", "Write-up"],
  ["state", "State"],
  ["claim", "Claim"],
  ["first_call_at", "First call of sales"],
];
/** How a lead stands with sales. */
export const STATES: [string, string][] = [
  ["new", "Handed over"],
  ["called", "Called by sales"],
  ["later", "Later"],
  ["nurture", "Nurture"],
  ["rejected", "Rejected"],
];
/** What a state of a CRM may mean. */
export const MEANINGS: [api.CrmMeaning, string][] = [
  ["now", "Sales takes it now"],
  ["later", "Sales takes it later"],
  ["needs_information", "Sales asks something"],
  ["nurture", "Nurture"],
  ["reject", "Rejected, with a reason"],
  ["opportunity", "An opportunity"],
  ["won", "Won"],
  ["lost", "Lost"],
];

const leads = (n: number) => (n === 1 ? "1 lead" : `${n} leads`);

/** How a client’s CRM stands, in sentences. */
export function standing(crm: api.CrmSetup): string {
  const lost = crm.given_up > 0 ? ` ${leads(crm.given_up)} given up: see their cards.` : "";
  if (crm.off_at) return `Off since ${moment(crm.off_at)}; leads wait.${lost}`;
  if (crm.failures > 0)
    return `Failing: ${crm.last_error ?? "no answer"}. ${leads(crm.waiting)} waiting${
      crm.next_attempt_at ? `, tried again ${moment(crm.next_attempt_at)}` : ""
    }.${lost}`;
  if (crm.waiting > 0) return `${leads(crm.waiting)} on the way.${lost}`;
  return crm.worked_at
    ? `Working: last written ${moment(crm.worked_at)}.${lost}`
    : `Nothing sent yet. Test it, and see.${lost}`;
}

export const shape = (crm: api.CrmSetup) => {
  if (crm.off_at) return "pause";
  return crm.failures > 0 || crm.given_up > 0 ? "fail" : crm.worked_at ? "pass" : "open";
};

/** How a lead stands with the CRM, in one line. */
export function sentLine(sent: api.SentToCrm): string {
  const record = sent.record ? `, record ${sent.record}` : "";
  const answer = sent.last_status ? `, answered ${sent.last_status}` : "";
  if (sent.state === "sent" && sent.written_at)
    return `Sent ${moment(sent.written_at)}${record}${answer}.`;
  const why = sent.last_error ?? "it was not tried yet";
  if (sent.state === "given_up") return `Given up: ${why}.`;
  if (!sent.on) return "Waits: the CRM is turned off.";
  if (!sent.last_at || sent.attempts === 0) return "On the way.";
  return `Not sent yet: ${why}. Tried again ${
    sent.next_attempt_at ? moment(sent.next_attempt_at) : "soon"
  }.`;
}
