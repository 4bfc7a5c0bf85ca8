import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2023", sourcemap: false },
  server: { proxy: { "/api": "http://127.0.0.1:8480" } },
  test: {
    environment: "happy-dom",
    setupFiles: ["testing/setup.ts"],
    env: { TZ: "UTC" },
    restoreMocks: true,
    // No test asserts a time: what hangs ends, and what is slow on a busy machine goes on.
    testTimeout: 120_000,
    // One test reads the style sheets.
    css: { include: [/\?raw$/] },
  },
});
