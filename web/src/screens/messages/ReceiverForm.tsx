// What a receiver is set up with: name, URL, topics, and whose messages it is sent.
import { useId, useState } from "preact/hooks";
import * as api from "../../api";
import { Trouble } from "../../parts/states";
import { TOPICS } from "./words";

interface Props {
  all: api.Receivers;
  /** The receiver that is changed; none: a new one. */
  receiver?: api.Receiver;
  send: (body: api.ReceiverBody) => Promise<api.Problem | undefined>;
  back?: () => void;
}

export function ReceiverForm({ all, receiver, send, back }: Props) {
  const id = useId();
  const [name, setName] = useState(receiver?.name ?? "");
  const [url, setUrl] = useState(receiver?.url ?? "");
  const [topics, setTopics] = useState<api.MessageTopic[] | null>(receiver?.topics ?? null);
  const [client, setClient] = useState("");
  const [problem, setProblem] = useState<api.Problem>();
  const act = receiver ? "Save" : "Add the receiver";
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const body = { name: name.trim(), url: url.trim(), topics, client: client || null };
    setProblem(await send(body));
  };
  const tick = (topic: api.MessageTopic, on: boolean) => {
    const rest = (topics ?? []).filter((t) => t !== topic);
    setTopics(on ? [...rest, topic] : rest);
  };
  return (
    <form class="pad stack" onSubmit={(e) => void submit(e)} aria-label={act}>
      <label class="field">
        <span>Name</span>
        <input
          class="in"
          required
          maxLength={80}
          value={name}
          onInput={(e) => setName(e.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>URL</span>
        <input
          class="in"
          required
          inputMode="url"
          maxLength={2000}
          autocomplete="off"
          placeholder="https://hooks.example.com/assay"
          aria-describedby={`${id}-url`}
          value={url}
          onInput={(e) => setUrl(e.currentTarget.value)}
        />
      </label>
      <p id={`${id}-url`} class="muted small">
        With https. Private addresses take [webhooks] allowed_ranges in the box’s configuration.
      </p>
      <fieldset class="own stack wide">
        <legend>Sent what?</legend>
        <div class="wrap">
          <label class="choice">
            <input
              type="radio"
              name={`${id}-topics`}
              checked={topics === null}
              onChange={() => setTopics(null)}
            />
            Every topic, those that come later too
          </label>
          <label class="choice">
            <input
              type="radio"
              name={`${id}-topics`}
              checked={topics !== null}
              onChange={() => setTopics([])}
            />
            Some topics
          </label>
        </div>
        {topics && (
          <div class="topics">
            {all.topics.map((t) => (
              <label key={t} class="topic">
                <input
                  type="checkbox"
                  checked={topics.includes(t)}
                  onChange={(e) => tick(t, e.currentTarget.checked)}
                />
                <span>
                  {TOPICS[t]} <code class="muted">{t}</code>
                </span>
              </label>
            ))}
          </div>
        )}
      </fieldset>
      {!receiver && (
        <label class="field">
          <span>Whose messages?</span>
          <select class="in" value={client} onChange={(e) => setClient(e.currentTarget.value)}>
            <option value="">All clients’, and the house’s</option>
            {all.clients.map((c) => (
              <option key={c.id} value={c.id}>
                {c.name} alone
              </option>
            ))}
          </select>
        </label>
      )}
      {problem && <Trouble problem={problem} />}
      <div class="wrap">
        {back && (
          <button type="button" class="btn" onClick={back}>
            Leave it as it is
          </button>
        )}
        <button class="btn primary">{act}</button>
      </div>
    </form>
  );
}
