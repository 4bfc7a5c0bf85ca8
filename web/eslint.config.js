import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

const door = "api.ts alone talks to the box.";

export default ts.config(
  js.configs.recommended,
  ts.configs.recommended,
  // Preact's hooks go by the same names; a ref is known by a name that ends in Ref.
  hooks.configs.flat["recommended-latest"],
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: { "react-hooks/exhaustive-deps": "error" },
  },
  {
    files: ["src/**"],
    ignores: ["src/api.ts", "src/events.ts", "src/**/*.test.*"],
    rules: {
      "no-restricted-globals": [
        "error",
        ...["fetch", "EventSource", "WebSocket", "XMLHttpRequest"].map((name) => ({
          name,
          message: door,
        })),
      ],
      "no-restricted-properties": [
        "error",
        { object: "navigator", property: "sendBeacon", message: door },
      ],
    },
  },
);
