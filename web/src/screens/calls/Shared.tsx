// A clip that somebody shared: the seconds alone, for whoever holds the link, until it expires.
import { useState } from "preact/hooks";
import { sharedUrl } from "../../api";
import { Empty } from "../../parts/states";
import { useTitle } from "../../parts/title";
import "./Shared.css";

export function Shared({ token }: { token: string }) {
  const [gone, setGone] = useState(false);
  useTitle("A shared clip");
  return (
    <main id="main" class="page" tabIndex={-1}>
      <section class="panel">
        <header>
          <h1>A clip was shared with you</h1>
        </header>
        {gone ? (
          <Empty title="This link is no longer good">
            <p>It has expired or was withdrawn. Ask whoever sent it for a new one.</p>
          </Empty>
        ) : (
          <div class="pad stack">
            <audio
              class="shared-clip"
              controls
              preload="metadata"
              src={sharedUrl(token)}
              onError={() => setGone(true)}
              aria-label="The shared clip"
            />
            <p class="second small">Each opening is logged. Keep what you hear to yourself.</p>
          </div>
        )}
      </section>
    </main>
  );
}
