import { useEffect, useRef, useState } from "preact/hooks";
import { Key } from "../parts/marks";
import { KEYS, singleKeys } from "./keys";
import "./KeysDialog.css";

export function KeysDialog({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [on, setOn] = useState(singleKeys.on());
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => from?.focus();
  }, []);
  return (
    <dialog ref={dialog} class="dialog keys" aria-labelledby="keys-title" onClose={close}>
      <header>
        <h1 id="keys-title">Keys</h1>
        <span class="second">
          Keys rest while you type. Every key has a button with the same name.
        </span>
        <button class="btn" onClick={close}>
          Close <Key>Esc</Key>
        </button>
      </header>
      <label class="choice keys-on">
        <input
          type="checkbox"
          checked={on}
          onChange={(e) => {
            singleKeys.set(e.currentTarget.checked);
            setOn(e.currentTarget.checked);
          }}
        />
        Single keys work; without them, every control has its button
      </label>
      <div class="grid">
        {(["Play", "Answer", "Evidence", "Claim"] as const).map((group) => (
          <section key={group}>
            <h2>{group}</h2>
            <table>
              <tbody>
                {KEYS.filter((k) => k.group === group).map((k) => (
                  <tr key={k.says}>
                    <th scope="row">
                      {k.shown.map((s) => (s === "…" ? " … " : <kbd key={s}>{s}</kbd>))}
                    </th>
                    <td>{k.says}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        ))}
      </div>
    </dialog>
  );
}
