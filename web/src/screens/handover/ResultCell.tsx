// A figure of a row; on a phone, where the table's head is not seen, with what it is.
import type { ComponentChildren } from "preact";

export const Cell = ({ head, children }: { head: string; children: ComponentChildren }) => (
  <td class="num" data-head={head}>
    {children}
  </td>
);
