// Loading, error and empty, the same everywhere: what happened, what it means, the next step.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api";
import "./states.css";

export function Loading({ what }: { what: string }) {
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="note" role="status">
      {shown ? `Loading ${what} …` : ""}
    </p>
  );
}

interface TroubleProps {
  problem: Problem;
  again?: () => void;
  /** Another way out of it. */
  children?: ComponentChildren;
}

export function Trouble({ problem, again, children }: TroubleProps) {
  return (
    <div class="note trouble" role="alert">
      <p>
        <b>{problem.title}.</b> {problem.detail}
      </p>
      {again && (
        <button class="btn" onClick={again}>
          Try again
        </button>
      )}
      {children}
    </div>
  );
}

export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="note empty">
    <h2>{title}</h2>
    {children}
  </div>
);
