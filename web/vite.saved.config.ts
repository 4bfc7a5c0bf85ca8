// Builds the template of a saved statement: one file with nothing outside it. The box puts the data
// in the place of `__DATA__`.
import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

const PLACE = "__DATA__";

/** For a policy: this very script or style, and no other. */
const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Puts scripts and styles into the page, and a policy that forbids all else. */
function oneFile(): Plugin {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_, bundle) {
      const page = bundle["saved.html"];
      if (page?.type !== "asset") throw new Error("there is no saved.html");
      let [script, style] = ["", ""];
      for (const [name, file] of Object.entries(bundle)) {
        if (file === page) continue;
        if (file.type === "chunk") script += file.code;
        else if (name.endsWith(".css")) style += String(file.source);
        else throw new Error(`${name} would lie beside the file`);
        delete bundle[name];
      }
      page.source = fold(String(page.source), script.trim(), style.trim());
    },
  };
}

function fold(page: string, script: string, style: string): string {
  if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style))
    throw new Error("a script or style would end within itself");
  const policy = `default-src 'none'; base-uri 'none'; form-action 'none'; script-src ${hash(script)}; style-src ${hash(style)}`;
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}">`;
  const bare = page
    .replace(/\s*<script type="module"[^>]*><\/script>/, "")
    .replace(/\s*<link rel="(stylesheet|modulepreload)"[^>]*>/g, "")
    .replace(/\s*__DATA__\s*/, PLACE);
  const whole = bare
    .replace(/<meta charset="utf-8" ?\/?>/, (found) => `${found}${head}`)
    .replace("</head>", () => `<style>${style}</style></head>`)
    .replace("</body>", () => `<script type="module">${script}</script></body>`);
  if (whole.split(PLACE).length !== 2) throw new Error(`${PLACE} stands there not once`);
  if (!whole.includes(head)) throw new Error("the policy found no place");
  return whole;
}

export default defineConfig({
  root: "saved",
  base: "./",
  publicDir: false,
  plugins: [oneFile()],
  build: {
    target: "es2023",
    outDir: "../dist",
    emptyOutDir: false,
    sourcemap: false,
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: Infinity,
    rolldownOptions: { input: "saved/saved.html" },
  },
});
