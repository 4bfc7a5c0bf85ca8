// What a report is asked stands in its address: Back, a reload and a sent link show the same.
import { act } from "@testing-library/preact";
import { expect, test } from "vitest";
import { Box, settle } from "../../../testing/box";
import { choose, show, textOf } from "../../../testing/show";
import { funnelReport } from "../../../testing/reports";
import { Funnel } from "./Funnel";

const asked = (box: Box) => box.sent("GET /reports/funnel").at(-1);
