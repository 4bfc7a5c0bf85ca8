import { defineConfig } from "vite";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { target: "es2023", sourcemap: false },
  server: { proxy: { "/api": "http://127.0.0.1:8480" } },
});
