import { defineConfig } from "vite";

// panel.js: what opens when the visitor wants to talk; an ES module loaded on first open.
export default defineConfig({
  build: {
    target: "es2021",
    outDir: "../web/static/widget",
    emptyOutDir: false,
    // Vite keeps the white space of ES libraries; a visitor's browser has no use for it.
    rolldownOptions: { output: { minify: true, comments: { annotation: false } } },
    lib: { entry: "src/panel.tsx", formats: ["es"], fileName: () => "panel.js" },
  },
});
