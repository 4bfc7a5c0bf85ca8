// Marks: the shape carries the meaning, colour repeats it, a word always follows.
import type { ComponentChildren } from "preact";
import "./marks.css";

const SHAPES = {
  pass: (
    <>
      <path fill="currentColor" d="M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z" />
      <path d="M3.8 8.4l2.9 2.9 5.5-6" fill="none" stroke="var(--surface)" stroke-width="2" />
    </>
  ),
  fail: (
    <>
      <path fill="currentColor" d="M1 1h14v14H1z" />
      <path d="M4.6 4.6l6.8 6.8M11.4 4.6l-6.8 6.8" stroke="var(--surface)" stroke-width="2" />
    </>
  ),
  open: (
    <circle
      cx="8"
      cy="8"
      r="6.6"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-dasharray="2.9 2.28"
    />
  ),
  review: (
    <>
      <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" stroke-width="1.8" />
      <path fill="currentColor" d="M8 1.4a6.6 6.6 0 0 1 0 13.2z" />
    </>
  ),
  dispute: (
    <path d="M8 1.2L14.8 8 8 14.8 1.2 8z" fill="none" stroke="currentColor" stroke-width="1.8" />
  ),
  play: <path fill="currentColor" d="M3 1l11 7-11 7z" />,
  pause: <path fill="currentColor" d="M3 1h4v14H3zM9 1h4v14H9z" />,
};
export type Shape = keyof typeof SHAPES;

export const Mark = ({ shape }: { shape: Shape }) => (
  <svg class="mark-shape" viewBox="0 0 16 16" aria-hidden="true">
    {SHAPES[shape]}
  </svg>
);

export function State({ shape, children }: { shape: Shape; children: ComponentChildren }) {
  return (
    <span class={`state state-${shape}`}>
      <Mark shape={shape} />
      {children}
    </span>
  );
}

export const Key = ({ children }: { children: ComponentChildren }) => (
  <kbd aria-hidden="true">{children}</kbd>
);
