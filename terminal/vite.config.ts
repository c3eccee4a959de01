import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

/** From here to a path of the checkout. */
const path = (to: string) => fileURLToPath(new URL(to, import.meta.url));

/** What draws the page is fetched at once too, beside the entry that asks for it; the chart first. */
const drawn: Plugin = {
  name: "preload-what-draws",
  transformIndexHtml: {
    order: "post",
    handler(_html, { bundle = {} }) {
      const chunks = Object.values(bundle).filter((output) => output.type === "chunk");
      const entry = chunks.find(({ isEntry }) => isEntry)?.fileName;
      const drawing = chunks.filter(({ name }) => name === "main" || name === "beside-chart");
      const files = new Set(drawing.flatMap(({ fileName, imports }) => [fileName, ...imports]));
      return [...files]
        .filter((file) => file !== entry)
        .map((file) => ({
          ...{ tag: "link", injectTo: "head" as const },
          attrs: { rel: "modulepreload", crossorigin: true, href: `/terminal/${file}` },
        }));
    },
  },
};

// The built page lies in the server's package, where a checkout and an installed server find it alike.
export default defineConfig({
  base: "/terminal/",
  root: path("."),
  plugins: [drawn],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // The client is put in as its sources are.
  resolve: { conditions: ["@openbourse/source", ...defaultClientConditions] },
  build: {
    outDir: path("../server/dist/terminal"),
    emptyOutDir: true,
    target: "es2023",
    // Small files too are requested: nothing of the page is inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
  },
  // While the page is changed: everything else is asked of a server at its usual address.
  server: {
    proxy: {
      "^/(terminal/config.json|terminal/pass|v1|v2|api|docs).*": "http://127.0.0.1:8080",
      "/ws": { target: "ws://127.0.0.1:8080", ws: true },
    },
  },
});
