// Every page with the roles that have it, in the order in which they stand.
import type { ComponentChildren } from "preact";
import type * as api from "./api";
import { Desk } from "./desk/Desk";
import { Calibration } from "./screens/review/Calibration";
import { Calls } from "./screens/calls/Calls";
import { Checklists } from "./screens/review/Checklists";
import { Claims } from "./screens/review/Claims";
import type { Own } from "./screens/review/news";
import { Disputes } from "./screens/review/Disputes";
import { Crm } from "./screens/crm/Crm";
import { ContentPage } from "./screens/handover/Content";
import { PactPage } from "./screens/handover/Pact";
import { Results } from "./screens/handover/Results";
import { Handovers } from "./screens/handover/Handovers";
import { Own as HandedOver } from "./screens/handover/Own";
import { Day } from "./screens/leads/Day";
import { Duplicates } from "./screens/leads/Duplicates";
import { FollowUp } from "./screens/leads/FollowUp";
import { Imports } from "./screens/leads/Imports";
import { Leads } from "./screens/leads/Leads";
import { NeverCall } from "./screens/leads/NeverCall";
import { Sources } from "./screens/leads/Sources";
import { Coverage } from "./screens/report/Coverage";
import { Funnel } from "./screens/report/Funnel";
import { GatePage } from "./screens/report/Gate";
import { OriginPage } from "./screens/report/Origin";
import { ScorePage } from "./screens/report/Score";
import { Overview } from "./screens/report/Overview";
import { Repairs } from "./screens/report/Repairs";
import { Experiments } from "./screens/report/Experiments";
import { Numbers } from "./screens/report/Numbers";
import { Slots } from "./screens/report/Slots";
import { Waterfall } from "./screens/report/Waterfall";
import { Live } from "./screens/calls/Live";
import { Messages } from "./screens/messages/Messages";
import { Agreement } from "./screens/review/Agreement";
import { Queue } from "./screens/review/Queue";
import { Record } from "./screens/review/Record";
import { Access } from "./screens/people/Access";
import { Account } from "./screens/people/Account";
import { Books } from "./screens/commission/Books";
import { Close, closeTitle } from "./screens/commission/Close";
import { Plans } from "./screens/commission/Plans";
import { Questions } from "./screens/commission/Questions";
import { Rulings } from "./screens/commission/Rulings";
import { Statement } from "./screens/commission/Statement";

export interface Screen {
  path: string;
  /** An address that it had before, which bookmarks may keep. */
  was?: string;
  label: string;
  roles: api.Role[];
  /** What it is called at an address below its own, which it then has too. */
  below?: (path: string) => string | undefined;
  show: (props: {
    me: api.Me;
    own: Own;
    path: string;
    again: () => void;
    /** What the box needs; nothing before it has answered. */
    repairs: api.Repair[] | undefined;
  }) => ComponentChildren;
  /** It is reached by one's name, and stands not among the pages. */
  apart?: boolean;
  /** Where a role has many pages: what this one stands under. */
  group?: Group;
}

/** What the pages of a role that has many stand under. */
type Group = "Leads" | "Calls" | "Review" | "Commission" | "Reports";
/** So many fit side by side at 1280 pixels. */
export const SIDE_BY_SIDE = 12;

export const SCREENS: Screen[] = [
  {
    path: "/overview",
    label: "Overview",
    roles: ["manager"],
    show: ({ repairs }) => <Overview repairs={repairs} />,
  },
  {
    path: "/day",
    label: "My day",
    roles: ["telemarketer"],
    show: ({ own }) => <Day own={own} />,
  },
  {
    path: "/claims",
    label: "My claims",
    roles: ["telemarketer"],
    show: ({ own }) => <Claims own={own} />,
  },
  { path: "/calls", label: "My calls", roles: ["telemarketer"], show: () => <Calls mine /> },
  {
    path: "/statement",
    label: "Statement",
    roles: ["telemarketer"],
    show: ({ me, own }) => <Statement me={me} claims={own.claims.value?.claims} />,
  },
  {
    path: "/books",
    label: "Books",
    roles: ["telemarketer"],
    show: ({ me }) => <Books me={me} />,
  },
  {
    path: "/plans",
    label: "Plans",
    roles: ["telemarketer"],
    show: ({ me }) => <Plans me={me} />,
  },
  { path: "/review", label: "Review", roles: ["reviewer"], show: () => <Desk key="claims" /> },
  {
    path: "/second-reviews",
    was: "/second-looks",
    label: "Second reviews",
    roles: ["reviewer"],
    show: () => <Desk key="second" second />,
  },
  { path: "/queue", label: "Queue", roles: ["reviewer"], show: () => <Queue /> },
  { path: "/record", label: "My record", roles: ["reviewer"], show: () => <Record /> },
  {
    path: "/handovers",
    label: "Handed over",
    roles: ["sales"],
    below: () => "Handed over",
    show: ({ me, path }) => <Handovers me={me} path={path} />,
  },
  {
    path: "/handed-over",
    label: "Handed over",
    roles: ["telemarketer"],
    show: () => <HandedOver />,
  },
  {
    path: "/leads",
    label: "Leads",
    group: "Leads",
    roles: ["marketing", "manager", "telemarketer"],
    show: ({ me }) => <Leads me={me} />,
  },
  {
    path: "/work",
    label: "Follow-up",
    group: "Leads",
    roles: ["manager"],
    show: () => <FollowUp />,
  },
  {
    path: "/imports",
    label: "Import",
    group: "Leads",
    roles: ["marketing", "manager"],
    show: () => <Imports />,
  },
  {
    path: "/duplicates",
    label: "Duplicates",
    group: "Leads",
    roles: ["marketing", "manager"],
    show: ({ me }) => <Duplicates me={me} />,
  },
  {
    path: "/sources",
    label: "Sources",
    group: "Leads",
    roles: ["marketing", "manager"],
    show: ({ me }) => <Sources me={me} />,
  },
  {
    path: "/never-call",
    label: "Never call",
    group: "Leads",
    roles: ["marketing", "manager"],
    show: ({ me }) => <NeverCall me={me} />,
  },
  {
    path: "/handovers",
    label: "Handed over",
    group: "Leads",
    roles: ["manager"],
    below: () => "Handed over",
    show: ({ me, path }) => <Handovers me={me} path={path} />,
  },
  {
    path: "/crm",
    label: "CRM",
    group: "Leads",
    roles: ["manager"],
    show: ({ me }) => <Crm me={me} />,
  },
  {
    path: "/results",
    label: "Results",
    group: "Leads",
    roles: ["marketing", "manager"],
    below: () => "Results",
    show: ({ path }) => <Results path={path} />,
  },
  {
    path: "/content",
    label: "Content",
    roles: ["sales", "marketing"],
    show: ({ me }) => <ContentPage me={me} />,
  },
  {
    path: "/marketing-and-sales",
    label: "Marketing and sales",
    group: "Leads",
    roles: ["sales", "marketing", "manager"],
    show: ({ me }) => <PactPage me={me} />,
  },
  { path: "/all-calls", label: "Calls", group: "Calls", roles: ["manager"], show: () => <Calls /> },
  {
    path: "/disputes",
    label: "Disputes",
    group: "Review",
    roles: ["manager"],
    show: () => <Disputes />,
  },
  {
    path: "/rulings",
    label: "Rulings",
    group: "Commission",
    roles: ["manager"],
    show: () => <Rulings />,
  },
  {
    path: "/plans",
    label: "Plans",
    group: "Commission",
    roles: ["manager"],
    show: ({ me }) => <Plans me={me} />,
  },
  {
    path: "/close",
    label: "Close",
    group: "Commission",
    roles: ["manager"],
    below: closeTitle,
    show: ({ path }) => <Close path={path} />,
  },
  {
    path: "/questions",
    label: "Questions",
    group: "Commission",
    roles: ["manager"],
    show: () => <Questions />,
  },
  {
    path: "/books",
    label: "Books",
    group: "Commission",
    roles: ["manager"],
    show: ({ me }) => <Books me={me} />,
  },
  {
    path: "/agreement",
    label: "Agreement",
    group: "Review",
    roles: ["manager"],
    show: () => <Agreement />,
  },
  {
    path: "/calibration",
    label: "Calibration",
    group: "Review",
    roles: ["manager"],
    show: () => <Calibration />,
  },
  {
    path: "/checklists",
    label: "Checklists",
    group: "Review",
    roles: ["marketing", "sales", "manager", "reviewer"],
    show: ({ me }) => <Checklists me={me} />,
  },
  {
    path: "/slots",
    label: "Slots",
    group: "Reports",
    roles: ["telemarketer", "manager"],
    show: ({ me }) => <Slots me={me} />,
  },
  {
    path: "/numbers",
    label: "Numbers",
    group: "Reports",
    roles: ["manager"],
    show: () => <Numbers />,
  },
  {
    path: "/experiments",
    label: "Experiments",
    group: "Reports",
    roles: ["manager"],
    show: () => <Experiments />,
  },
  {
    path: "/funnel",
    label: "Funnel",
    group: "Reports",
    roles: ["marketing", "manager"],
    show: () => <Funnel />,
  },
  {
    path: "/score",
    label: "Score",
    group: "Reports",
    roles: ["marketing", "manager"],
    show: () => <ScorePage />,
  },
  {
    path: "/gate",
    label: "Sales gate",
    group: "Reports",
    roles: ["sales", "manager"],
    show: ({ me }) => <GatePage me={me} />,
  },
  {
    path: "/origin",
    label: "Origin",
    group: "Reports",
    roles: ["marketing", "manager"],
    show: ({ me }) => <OriginPage me={me} />,
  },
  {
    path: "/waterfall",
    label: "Waterfall",
    group: "Reports",
    roles: ["manager"],
    show: () => <Waterfall />,
  },
  {
    path: "/live",
    label: "In progress",
    group: "Calls",
    roles: ["telemarketer", "manager"],
    show: () => <Live />,
  },
  {
    path: "/coverage",
    was: "/lines",
    label: "Coverage",
    group: "Calls",
    roles: ["manager", "admin"],
    show: () => <Coverage />,
  },
  {
    path: "/messages",
    label: "Messages",
    roles: ["admin", "manager"],
    show: ({ me }) => <Messages me={me} />,
  },
  { path: "/crm", label: "CRM", roles: ["admin"], show: ({ me }) => <Crm me={me} /> },
  {
    path: "/repairs",
    label: "Repairs",
    roles: ["manager", "admin"],
    show: () => <Repairs />,
  },
  { path: "/access", label: "Access", roles: ["admin"], show: ({ me }) => <Access me={me} /> },
  {
    path: "/account",
    label: "Your account",
    roles: ["telemarketer", "reviewer", "sales", "marketing", "manager", "admin"],
    apart: true,
    show: ({ me, again }) => <Account me={me} changed={again} />,
  },
];
