// What went wrong and what needs an act. It lies over the facts, so that nothing under it moves.
import type { Problem } from "../api";
import { SILENT } from "./session";
import type { Work } from "./work";
import "./Notices.css";

interface Props {
  work: Work;
  /** The item soon goes back to the queue. */
  lapsing: boolean;
  here: () => void;
  dismiss: () => void;
  /** Loads the sound again. */
  reload: () => void;
  next: () => void;
  anew: () => void;
}

export function Notices(props: Props) {
  const { work, lapsing, here } = props;
  if (work.problem) return <Trouble {...props} problem={work.problem} />;
  if (!lapsing) return null;
  return (
    <div class="desk-notice" role="alert">
      <p>
        <b>Still there?</b> In two minutes this goes back to the queue. Your answers are kept.
      </p>
      <button class="btn" onClick={here}>
        I am here
      </button>
    </div>
  );
}

function Trouble(props: Props & { problem: Problem }) {
  const { problem } = props;
  const [says, mend] = mending(props);
  return (
    <div class="desk-notice trouble" role="alert">
      <p title={`${problem.title}. ${problem.detail}`}>
        <b>{problem.title}.</b> {detailOf(props)}
      </p>
      <button class="btn" onClick={mend}>
        {says}
      </button>
    </div>
  );
}

function detailOf({ work, problem }: Props & { problem: Problem }): string {
  if (work.away === "tab")
    return "Another tab of yours has saved since. This one only shows the claim.";
  if (work.away === "gone")
    return `${problem.detail} What was saved is kept with it; nothing more can be given here.`;
  return problem.detail;
}

/** What to do about it: no problem is a dead end. */
function mending(props: Props): [string, () => void] {
  const { work, anew, next, reload, dismiss } = props;
  if (work.away === "tab") return ["Go on here", anew];
  if (work.away === "gone") return ["Take the next", next];
  return work.problem === SILENT ? ["Load it again", reload] : ["Close", dismiss];
}
