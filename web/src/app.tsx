// Session, address and the head of every page.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "./api";
import { Desk } from "./desk/Desk";
import { events } from "./events";
import { gate } from "./gate";
import { ownedBy } from "./parts/mirror";
import { Loading, Trouble } from "./parts/states";
import { useTitle } from "./parts/title";
import { follow, onMove, sharedToken } from "./route";
import { Calibration } from "./screens/review/Calibration";
import { Calls } from "./screens/calls/Calls";
import { Checklists } from "./screens/review/Checklists";
import { Claims } from "./screens/review/Claims";
import { type Own, useOwnClaims } from "./screens/review/news";
import { Disputes } from "./screens/review/Disputes";
import { ContentPage } from "./screens/handover/Content";
import { PactPage } from "./screens/handover/Pact";
import { Results } from "./screens/handover/Results";
import { Handovers } from "./screens/handover/Handovers";
import { Own as HandedOver } from "./screens/handover/Own";
import { Day } from "./screens/leads/Day";
import { FollowUp } from "./screens/leads/FollowUp";
import { Imports } from "./screens/leads/Imports";
import { Leads } from "./screens/leads/Leads";
import { NeverCall } from "./screens/leads/NeverCall";
import { Sources } from "./screens/leads/Sources";
import { Coverage } from "./screens/report/Coverage";
import { Funnel } from "./screens/report/Funnel";
import { Slots } from "./screens/report/Slots";
import { GatePage } from "./screens/report/Gate";
import { OriginPage } from "./screens/report/Origin";
import { ScorePage } from "./screens/report/Score";
import { Waterfall } from "./screens/report/Waterfall";
import { Live } from "./screens/calls/Live";
import { Messages } from "./screens/messages/Messages";
import { Agreement } from "./screens/review/Agreement";
import { Queue } from "./screens/review/Queue";
import { Record } from "./screens/review/Record";
import { Shared } from "./screens/calls/Shared";
import { Access } from "./screens/people/Access";
import { Account } from "./screens/people/Account";
import { SignIn } from "./screens/people/SignIn";
import { SignInAgain } from "./screens/people/SignInAgain";
import { Books } from "./screens/commission/Books";
import { Close, closeTitle } from "./screens/commission/Close";
import { Plans } from "./screens/commission/Plans";
import { Questions } from "./screens/commission/Questions";
import { Rulings } from "./screens/commission/Rulings";
import { Statement } from "./screens/commission/Statement";
import "./app.css";

interface Screen {
  path: string;
  /** An address that it had before, which bookmarks may keep. */
  was?: string;
  label: string;
  roles: api.Role[];
  /** What it is called at an address below its own, which it then has too. */
  below?: (path: string) => string | undefined;
  show: (props: { me: api.Me; own: Own; path: string; again: () => void }) => ComponentChildren;
  /** It is reached by one's name, and stands not among the pages. */
  apart?: boolean;
}

const SCREENS: Screen[] = [
  {
    path: "/claims",
    label: "My claims",
    roles: ["telemarketer"],
    show: ({ own }) => <Claims own={own} />,
  },
  { path: "/day", label: "My day", roles: ["telemarketer"], show: () => <Day /> },
  { path: "/calls", label: "My calls", roles: ["telemarketer"], show: () => <Calls mine /> },
  {
    path: "/statement",
    label: "Statement",
    roles: ["telemarketer"],
    show: ({ own }) => <Statement claims={own.claims.value?.claims} />,
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
    roles: ["marketing", "manager", "telemarketer"],
    show: ({ me }) => <Leads me={me} />,
  },
  { path: "/work", label: "Follow-up", roles: ["manager"], show: () => <FollowUp /> },
  {
    path: "/imports",
    label: "Import",
    roles: ["marketing", "manager"],
    show: () => <Imports />,
  },
  {
    path: "/sources",
    label: "Sources",
    roles: ["marketing", "manager"],
    show: ({ me }) => <Sources me={me} />,
  },
  {
    path: "/never-call",
    label: "Never call",
    roles: ["marketing", "manager"],
    show: ({ me }) => <NeverCall me={me} />,
  },
  {
    path: "/handovers",
    label: "Handed over",
    roles: ["manager"],
    below: () => "Handed over",
    show: ({ me, path }) => <Handovers me={me} path={path} />,
  },
  {
    path: "/results",
    label: "Results",
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
    roles: ["sales", "marketing", "manager"],
    show: ({ me }) => <PactPage me={me} />,
  },
  { path: "/all-calls", label: "Calls", roles: ["manager"], show: () => <Calls /> },
  { path: "/disputes", label: "Disputes", roles: ["manager"], show: () => <Disputes /> },
  { path: "/rulings", label: "Rulings", roles: ["manager"], show: () => <Rulings /> },
  { path: "/plans", label: "Plans", roles: ["manager"], show: ({ me }) => <Plans me={me} /> },
  {
    path: "/close",
    label: "Close",
    roles: ["manager"],
    below: closeTitle,
    show: ({ path }) => <Close path={path} />,
  },
  { path: "/questions", label: "Questions", roles: ["manager"], show: () => <Questions /> },
  {
    path: "/books",
    label: "Books",
    roles: ["manager"],
    show: ({ me }) => <Books me={me} />,
  },
  { path: "/agreement", label: "Agreement", roles: ["manager"], show: () => <Agreement /> },
  { path: "/calibration", label: "Calibration", roles: ["manager"], show: () => <Calibration /> },
  {
    path: "/checklists",
    label: "Checklists",
    roles: ["marketing", "sales", "manager", "reviewer"],
    show: ({ me }) => <Checklists me={me} />,
  },
  {
    path: "/slots",
    label: "Slots",
    roles: ["telemarketer", "manager"],
    show: ({ me }) => <Slots me={me} />,
  },
  { path: "/funnel", label: "Funnel", roles: ["marketing", "manager"], show: () => <Funnel /> },
  {
    path: "/score",
    label: "Score",
    roles: ["marketing", "manager"],
    show: () => <ScorePage />,
  },
  {
    path: "/gate",
    label: "Sales gate",
    roles: ["sales", "manager"],
    show: ({ me }) => <GatePage me={me} />,
  },
  { path: "/origin", label: "Origin", roles: ["marketing", "manager"], show: () => <OriginPage /> },
  { path: "/waterfall", label: "Waterfall", roles: ["manager"], show: () => <Waterfall /> },
  { path: "/live", label: "In progress", roles: ["telemarketer", "manager"], show: () => <Live /> },
  {
    path: "/coverage",
    was: "/lines",
    label: "Coverage",
    roles: ["manager", "admin"],
    show: () => <Coverage />,
  },
  {
    path: "/messages",
    label: "Messages",
    roles: ["admin", "manager"],
    show: ({ me }) => <Messages me={me} />,
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

export function App() {
  const shared = sharedToken(location.pathname);
  return shared ? <Shared token={shared} /> : <SignedIn />;
}

/** The page is this person's from here on. */
function opens(who: api.Me) {
  gate.opened();
  ownedBy(who.id);
}

function SignedIn() {
  const [me, setMe] = useState<api.Me | null | undefined>(undefined);
  const [problem, setProblem] = useState<api.Problem>();
  const [path, setPath] = useState(location.pathname);
  const signedIn = (who: api.Me) => {
    opens(who);
    setMe(who);
  };
  const ask = () =>
    void api.me().then((r) => {
      if (r.ok) opens(r.value);
      // Only the box itself can say that nobody is signed in.
      setProblem(r.ok || r.problem.status === 401 ? undefined : r.problem);
      setMe(r.ok ? r.value : null);
    });
  useEffect(() => {
    ask();
    return onMove(setPath);
  }, []);
  if (problem)
    return (
      <main id="main" class="page" tabIndex={-1}>
        <Trouble problem={problem} again={ask} />
      </main>
    );
  if (me === undefined) return <Loading what="your page" />;
  if (me === null) return <SignIn done={signedIn} />;
  const leave = () => {
    gate.closed();
    void api.signOut().then(() => {
      events.close();
      setMe(null);
    });
  };
  return (
    <>
      <Frame me={me} path={path} leave={leave} again={ask} />
      <SignInAgain me={me} />
    </>
  );
}

const has = (s: Screen, path: string) =>
  s.path === path || s.was === path || (s.below !== undefined && path.startsWith(`${s.path}/`));

interface FrameProps {
  me: api.Me;
  path: string;
  leave: () => void;
  /** Asks once more who is signed in. */
  again: () => void;
}

/** The head of every page, and the page. */
function Frame({ me, path, leave, again }: FrameProps) {
  const mine = SCREENS.filter((s) => s.roles.includes(me.role));
  const account = mine.find((s) => s.path === "/account");
  // Nothing else answers before a second factor is set up that the role needs.
  const open = me.second_factor_missing ? mine.filter((s) => s === account) : mine;
  const screens = open.filter((s) => !s.apart);
  const screen = open.find((s) => has(s, path)) ?? open[0];
  const own = useOwnClaims(me);
  const news = own.unseen.length;
  useTitle(screen?.below?.(path) ?? screen?.label ?? "Assay", news);
  const navRef = useRef<HTMLElement>(null);
  // Where the pages do not fit side by side, the one that shows is in view.
  useEffect(() => {
    const at = navRef.current?.querySelector<HTMLElement>("[aria-current]");
    if (at && navRef.current) navRef.current.scrollLeft = at.offsetLeft - navRef.current.offsetLeft;
  }, [screen]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the main part
      </a>
      <header class="top">
        <a class="name" href="/" onClick={follow}>
          Assay
        </a>
        <nav aria-label="Pages" ref={navRef}>
          {screens.map((s) => (
            <a
              key={s.path}
              href={s.path}
              aria-current={s === screen ? "page" : undefined}
              onClick={follow}
            >
              {s.label}
              {s.path === "/claims" && news > 0 && (
                <span class="news">
                  {news}
                  <span class="vh"> not seen yet</span>
                </span>
              )}
            </a>
          ))}
        </nav>
        <div class="end">
          {me.role === "reviewer" && me.independent && (
            <span class="tag">Independent: no commission</span>
          )}
          <a
            href="/account"
            aria-current={screen === account ? "page" : undefined}
            title="Your account: password, second factor, sessions"
            onClick={follow}
          >
            {me.name}
          </a>
          <button class="btn quiet" onClick={leave}>
            Sign out
          </button>
        </div>
      </header>
      {screens.some((s) => s.path === "/checklists") &&
        me.role !== "reviewer" &&
        screen?.path !== "/checklists" && <ReviewDue />}
      {me.role === "telemarketer" && (
        <div class="vh" role="status">
          {own.said}
        </div>
      )}
      {screen?.show({ me, own, path, again })}
    </>
  );
}

/** Says that the date has come on which two heads meant to look at a checklist again. */
function ReviewDue() {
  const [due, setDue] = useState<string[]>([]);
  useEffect(
    () =>
      void api
        .checklists()
        .then(
          (r) => r.ok && setDue(r.value.checklists.filter((c) => c.review_due).map((c) => c.name)),
        ),
    [],
  );
  if (due.length === 0) return null;
  return (
    <p class="banner" role="status">
      The checklist {due.join(", ")} was to be looked at again by now.{" "}
      <a href="/checklists" onClick={follow}>
        Open it
      </a>
    </p>
  );
}
