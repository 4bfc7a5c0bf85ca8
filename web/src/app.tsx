// Session, address and the head of every page.
import { useEffect, useState } from "preact/hooks";
import * as api from "./api";
import { events } from "./events";
import { gate } from "./gate";
import { ownedBy } from "./parts/mirror";
import { Loading, Trouble } from "./parts/states";
import { useTitle } from "./parts/title";
import { Pages, Within } from "./Navigation";
import { follow, onMove, sharedToken } from "./route";
import { Shared } from "./screens/calls/Shared";
import { useRepairs } from "./screens/report/Repairs";
import { useOwnClaims } from "./screens/review/news";
import { type Screen, SCREENS } from "./screens";
import { SignIn } from "./screens/people/SignIn";
import { SignInAgain } from "./screens/people/SignInAgain";
import "./app.css";

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
  // Nothing else answers before the password is their own, and a second factor is set up where the role needs one.
  const waits = me.password_is_first || me.second_factor_missing;
  const open = waits ? mine.filter((s) => s === account) : mine;
  const screens = open.filter((s) => !s.apart);
  const screen = open.find((s) => has(s, path)) ?? open[0];
  const own = useOwnClaims(me);
  const news = own.unseen.length;
  const repairs = useRepairs(screens.some((s) => s.path === "/repairs"));
  useTitle(screen?.below?.(path) ?? screen?.label ?? "Assay", news);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the main part
      </a>
      <header class="top">
        <a class="name" href="/" onClick={follow}>
          Assay
        </a>
        <Pages screens={screens} at={screen} news={news} repairs={repairs?.length ?? 0} />
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
      <Within screens={screens} at={screen} />
      {screens.some((s) => s.path === "/checklists") &&
        me.role !== "reviewer" &&
        screen?.path !== "/checklists" && <ReviewDue />}
      {me.role === "telemarketer" && (
        <div class="vh" role="status">
          {own.said}
        </div>
      )}
      {screen?.show({ me, own, path, again, repairs })}
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
