// The session of this page. Where the box says that it ended, requests wait here until somebody has signed in again,
// and are then repeated: nothing that was asked for is lost, and the page stays as it is.

type Listener = (waiting: boolean) => void;

export class Gate {
  private listener: Listener = () => undefined;
  private open = false;
  private waiting: Promise<boolean> | undefined;
  private settle: (repeat: boolean) => void = () => undefined;

  /** Somebody signed in, or was found to be. */
  opened() {
    this.open = true;
    this.end(true);
  }

  /** Nobody is signed in any more, by their own act: what waits is given up. */
  closed() {
    this.open = false;
    this.end(false);
  }

  /** Resolves once somebody has signed in again, with whether to repeat the request. Where nobody was, at once. */
  ended(): Promise<boolean> {
    if (!this.open) return Promise.resolve(false);
    this.waiting ??= new Promise((resolve) => {
      this.settle = resolve;
      this.listener(true);
    });
    return this.waiting;
  }

  /** The page that asks for the password. Returns the function that unsubscribes. */
  watch(listener: Listener): () => void {
    this.listener = listener;
    if (this.waiting) listener(true);
    return () => {
      this.listener = () => undefined;
    };
  }

  private end(repeat: boolean) {
    if (!this.waiting) return;
    this.waiting = undefined;
    this.settle(repeat);
    this.listener(false);
  }
}

/** The page's own. */
export const gate = new Gate();
