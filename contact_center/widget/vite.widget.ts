import { defineConfig } from "vite";

// widget.js: the launcher, one classic script for the host page.
export default defineConfig({
  build: {
    target: "es2021",
    outDir: "../web/static/widget",
    emptyOutDir: true,
    lib: { entry: "src/widget.ts", formats: ["iife"], name: "ccWidget", fileName: () => "widget.js" },
  },
});
