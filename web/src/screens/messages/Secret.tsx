// A secret: shown when it is made or asked for, gone with a click.
import { useState } from "preact/hooks";
import { useFocus } from "../../parts/focus";

interface Props {
  name: string;
  secret: string;
  close: () => void;
  /** What it is; a receiver's secret without a word. */
  title?: string;
  /** What to do with it. */
  hint?: string;
}

export function Secret({
  name,
  secret,
  close,
  title = `The secret of ${name}`,
  hint = "enter it where the messages are verified; keep it from others",
}: Props) {
  const [said, say] = useState("");
  const copyRef = useFocus<HTMLButtonElement>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      say("Copied.");
    } catch {
      // Without HTTPS a browser may refuse.
      say("This browser does not copy here: mark it and copy it by hand.");
    }
  };
  return (
    <section class="panel secret" aria-labelledby="secret">
      <header>
        <h2 id="secret">{title}</h2>
        <span class="second">{hint}</span>
      </header>
      <div class="pad stack">
        <code class="secret-text">{secret}</code>
        <div class="wrap">
          <button class="btn primary" ref={copyRef} onClick={() => void copy()}>
            Copy it
          </button>
          <button class="btn" onClick={close}>
            Hide it
          </button>
        </div>
        <span role="status">{said}</span>
      </div>
    </section>
  );
}
