import { render } from "preact";
// First what all share, so that a component's own style comes after it.
import "./tokens.css";
import "./base.css";
import { App } from "./app";

const root = document.getElementById("app");
if (root) render(<App />, root);
