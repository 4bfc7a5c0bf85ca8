// What makes a statement a witness: the newest root of the box's log, signed, and who else saw it.
import type { LogCheckpoint, Seen, Statement } from "../../api";
import { day, time } from "../../format";

export function Sealed({ statement: s }: { statement: Statement }) {
  return (
    <section class="panel sealed" aria-labelledby="sealed">
      <header>
        <h2 id="sealed">Sealed</h2>
        {s.checkpoint && (
          <span class="second">
            {day(s.checkpoint.at, s.zone)}, {time(s.checkpoint.at, s.zone)}
          </span>
        )}
      </header>
      <div class="pad stack">
        {s.checkpoint ? (
          <Root of={s.checkpoint} zone={s.zone} />
        ) : (
          <p>Nothing is sealed yet: that happens within seconds of the first line.</p>
        )}
      </div>
    </section>
  );
}

function Root({ of, zone }: { of: LogCheckpoint; zone: string }) {
  return (
    <>
      {of.alarms.map((alarm) => (
        <div class="note trouble" role="alert" key={alarm}>
          <p>
            <strong>Do not rely on these books:</strong> {alarm}.
          </p>
        </div>
      ))}
      <p>
        Every verdict, plan and line is in a log that can only grow, and this is its seal. Keep a
        saved or printed statement: if somebody rewrote the books later, it would no longer fit
        yours.
      </p>
      <dl class="facts">
        <dt>Entries</dt>
        <dd>{of.size.toLocaleString()}</dd>
        <dt>Root</dt>
        <dd class="hash">{of.root}</dd>
        <dt>Key</dt>
        <dd class="hash">{of.key}</dd>
        <dt>Copied</dt>
        <dd>
          <CopiedTo copy={of.copied} zone={zone} />
        </dd>
        {of.stamped && (
          <>
            <dt>Stamped</dt>
            <dd>
              <SeenBy one={of.stamped} zone={zone} />
            </dd>
          </>
        )}
        {of.cosigned.length > 0 && (
          <>
            <dt>Cosigned</dt>
            {of.cosigned.map((one) => (
              <dd key={one.by}>
                <SeenBy one={one} zone={zone} />
              </dd>
            ))}
          </>
        )}
      </dl>
      <h3>The signed checkpoint</h3>
      <pre class="key" tabIndex={0} aria-label="Signed checkpoint">
        {of.note.trim()}
      </pre>
      <p class="small second">
        The root stands in its third line. Copied into a file, from here or from paper, it is what a
        proof of your lines is held against, on any machine: <code>assay verify --checkpoint</code>.
      </p>
    </>
  );
}

/** A copy beside the books can be rewritten with them, and is said to be that. */
function CopiedTo({ copy, zone }: { copy: LogCheckpoint["copied"]; zone: string }) {
  if (!copy) return <>not yet; that happens daily and at each close</>;
  const when = `on ${day(copy.at, zone)} at ${time(copy.at, zone)}`;
  const upTo = `at ${copy.size.toLocaleString()} entries`;
  return copy.elsewhere ? (
    <>
      {when}, {upTo}, to another disk
    </>
  ) : (
    <>
      {when}, {upTo}, beside the books: whoever rewrites them can rewrite it. Your own saved or
      printed statement cannot be rewritten.
    </>
  );
}

/** Others saw a tree that this one begins with. */
function SeenBy({ one, zone }: { one: Seen; zone: string }) {
  return (
    <>
      by {one.by} on {day(one.at, zone)} at {time(one.at, zone)}, at {one.size.toLocaleString()}{" "}
      entries
    </>
  );
}
