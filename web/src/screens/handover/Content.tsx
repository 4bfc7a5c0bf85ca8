// Content for the first mail to a buyer: marketing offers it, sales finds it, and what was looked for
// in vain is listed.
import { useRef, useState } from "preact/hooks";
import * as api from "../../api";
import { moment } from "../../format";
import { useLoaded } from "../../parts/load";
import { Empty, Loading, Trouble } from "../../parts/states";
import "./Handovers.css";

export function ContentPage({ me }: { me: api.Me }) {
  const { value, problem, again } = useLoaded(api.content);
  const offers = me.role === "marketing";
  return (
    <main id="main" class="page stack" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>Content</h1>
        </header>
        {problem && <Trouble problem={problem} again={again} />}
        {!value && !problem && <Loading what="content" />}
        {value?.content.length === 0 && (
          <Empty title="No content is offered yet">
            <p>Marketing offers what sales sends with the first mail.</p>
          </Empty>
        )}
        {value && value.content.length > 0 && (
          <ul class="promises">
            {value.content.map((c) => (
              <Piece key={c.id} piece={c} retires={offers} done={again} />
            ))}
          </ul>
        )}
      </section>
      {offers && value && <Offer clients={value.clients} done={again} />}
      {me.role !== "sales" && value && <Misses misses={value.misses} />}
    </main>
  );
}

interface PieceProps {
  piece: api.ContentPiece;
  retires: boolean;
  done: () => void;
}

function Piece({ piece: c, retires, done }: PieceProps) {
  const [problem, setProblem] = useState<api.Problem>();
  const retire = () =>
    void api.retireContent(c.id).then((r) => {
      setProblem(r.ok ? undefined : r.problem);
      if (r.ok) done();
    });
  return (
    <li>
      <span>
        <Title piece={c} />
        <br />
        <span class="second small">{about(c)}</span>
      </span>
      <span class="end">
        <span class="second small">
          {c.uses === 0 ? "not used yet" : `used ${c.uses} ${c.uses === 1 ? "time" : "times"}`}
        </span>
        {retires && (
          <button class="btn quiet" onClick={retire}>
            Offer it no more<span class="vh">: {c.title}</span>
          </button>
        )}
      </span>
      {problem && <Trouble problem={problem} />}
    </li>
  );
}

/** A link is opened beside the page, a file is saved. */
export const Title = ({ piece: c }: { piece: api.ContentPiece }) => (
  <a href={c.link} {...(c.file ? { download: c.file } : { target: "_blank", rel: "noreferrer" })}>
    <b>{c.title}</b>
  </a>
);

export const about = (c: api.ContentPiece) =>
  [
    c.file && `file ${c.file}`,
    c.theme && `theme ${c.theme}`,
    c.topic && `topic ${c.topic}`,
    c.stage && `stage ${c.stage}`,
    c.pain && `pain: ${c.pain}`,
  ]
    .filter(Boolean)
    .join(" · ");

function Offer({ clients, done }: { clients: api.ContentClient[]; done: () => void }) {
  const [problem, setProblem] = useState<api.Problem>();
  const fileRef = useRef<HTMLInputElement>(null);
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    const element = event.currentTarget as HTMLFormElement;
    const form = new FormData(element);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    const stage = text("stage");
    const about = {
      client: text("client"),
      title: text("title"),
      theme: text("theme"),
      topic: text("topic"),
      pain: text("pain"),
      ...(stage ? { stage: stage as api.BuyerStage } : {}),
    };
    const file = fileRef.current?.files?.[0];
    const r = file
      ? await api.offerFile(about, file)
      : await api.offerContent({ ...about, link: text("link") });
    setProblem(r.ok ? undefined : r.problem);
    if (!r.ok) return;
    element.reset();
    done();
  };
  return (
    <section class="panel" aria-label="Offer content">
      <header>
        <h2>Offer content</h2>
      </header>
      <form class="pad stack" onSubmit={(e) => void send(e)}>
        <div class="write-fields">
          <label class="field">
            <span>Client</span>
            <select class="in" name="client">
              {clients.map((c) => (
                <option key={c.id} value={c.id}>
                  {c.name}
                </option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>Title</span>
            <input class="in" name="title" required maxLength={300} />
          </label>
          <label class="field">
            <span>Link (https://…)</span>
            <input class="in" name="link" type="url" maxLength={1000} />
          </label>
          <label class="field">
            <span>or a file, of at most 5 MB</span>
            <input class="in" type="file" ref={fileRef} />
          </label>
          <label class="field">
            <span>Theme, as leads have it</span>
            <input class="in" name="theme" maxLength={300} />
          </label>
          <label class="field">
            <span>Topic</span>
            <input class="in" name="topic" maxLength={300} />
          </label>
          <label class="field">
            <span>Stage of the buyer</span>
            <select class="in" name="stage">
              <option value="">any</option>
              <option value="awareness">awareness</option>
              <option value="consideration">consideration</option>
              <option value="purchase">purchase</option>
            </select>
          </label>
          <label class="field">
            <span>The pain that it answers</span>
            <input class="in" name="pain" maxLength={300} />
          </label>
        </div>
        {problem && <Trouble problem={problem} />}
        <button class="btn primary">Offer it</button>
      </form>
    </section>
  );
}

function Misses({ misses }: { misses: api.ContentMiss[] }) {
  return (
    <section class="panel" aria-label="Looked for in vain">
      <header>
        <h2>Looked for in vain</h2>
      </header>
      {misses.length === 0 && <p class="pad second">Every search had a hit: 0.</p>}
      <ul class="pad">
        {misses.map((m) => (
          <li key={m.words + m.client}>
            “{m.words}”, {m.times} {m.times === 1 ? "time" : "times"}, last {moment(m.last_at)}
            <span class="second"> ({m.client})</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
