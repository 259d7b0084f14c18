import { defineConfig } from "vite";

// panel.js: what opens when the visitor wants to talk; an ES module loaded on first open.
// before.js: what stands between it and a widget.js that is older.
export default defineConfig({
  build: {
    target: "es2021",
    outDir: "../web/static/widget",
    emptyOutDir: false,
    // Vite keeps the white space of ES libraries; a visitor's browser has no use for it.
    rolldownOptions: { output: { minify: true, comments: { annotation: false } } },
    lib: { entry: { panel: "src/panel.tsx", before: "src/before.ts" }, formats: ["es"], fileName: (_, name) => `${name}.js` },
  },
});
