// Content for the first mail: what fits the lead is there, and anything else is one search away.
import { useCallback, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Trouble } from "../../parts/states";
import { about, Title } from "./Content";

export function Send({ card, mine }: { card: api.HandoverCard; mine: boolean }) {
  const [words, look] = useState("");
  const [told, tell] = useState("");
  const ask = useCallback(() => api.contentFor(card.claim, words), [card.claim, words]);
  const { value, problem, again } = useLoaded(ask);
  const take = async (c: api.ContentPiece) => {
    const r = await api.takeContent(card.claim, c.id);
    if (!r.ok) return tell(r.problem.title);
    again();
    if (c.file) {
      location.assign(c.link);
      return tell(`“${c.title}” is saved as ${c.file}: attach it to your mail.`);
    }
    // Without a secure address a browser has no clipboard: the link is there to be followed.
    const copied = await navigator.clipboard?.writeText(c.link).then(
      () => true,
      () => false,
    );
    tell(copied ? `The link to “${c.title}” is copied.` : `Noted. The link: ${c.link}`);
  };
  const search = (event: SubmitEvent) => {
    event.preventDefault();
    look(String(new FormData(event.currentTarget as HTMLFormElement).get("q")).trim());
  };
  return (
    <section class="panel" aria-label="Content for the first mail">
      <header>
        <h2>Send with the first mail</h2>
      </header>
      <form class="pad wrap" role="search" onSubmit={search}>
        <label class="field inline">
          <span class="vh">Search content</span>
          <input class="in" name="q" type="search" placeholder="Search content" maxLength={300} />
        </label>
        <button class="btn">Search</button>
      </form>
      {problem && <Trouble problem={problem} again={again} />}
      <ul class="promises">
        {value?.content.map((c) => (
          <li key={c.id}>
            <span>
              <Title piece={c} />
              <br />
              <span class="second small">{about(c)}</span>
            </span>
            {mine && (
              <button class="btn end" onClick={() => void take(c)}>
                {c.file ? "Save file" : "Copy link"}
                <span class="vh">: {c.title}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {value?.content.length === 0 && (
        <p class="pad second" role="status">
          {words
            ? `Nothing has “${words}”. Marketing sees that it was looked for.`
            : "Nothing is offered for this theme and pain yet."}
        </p>
      )}
      <p class="pad second small" role="status">
        {told}
      </p>
      {value && value.used.length > 0 && (
        <p class="pad second small">
          Taken so far: {value.used.map((u) => `${u.title} (${moment(u.at)})`).join(", ")}
        </p>
      )}
    </section>
  );
}
