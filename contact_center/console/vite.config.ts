import react from "@vitejs/plugin-react";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// In development the service runs beside Vite; CC_DEV_BACKEND names where.
const backend = process.env.CC_DEV_BACKEND ?? "http://127.0.0.1:8080";

const SHARED = /src\/(?:router|api\/\w+|live\/\w+|actions\/\w+|shell\/(?:alerts|notices)|i18n\/time|ui\/(?:store|now|useRun|useMedia|states|toasts|lazily|Icon|icons)|inbox\/(?:acting|buttons|drafts|focus|outbox|parting|place|uploads|viewing))\.tsx?$/;

export default defineConfig({
  base: "/",
  plugins: [react()],
  // The server puts a fresh nonce in place of this word on every answer.
  html: { cspNonce: "__NONCE__" },
  build: {
    outDir: fileURLToPath(new URL("../web/static/console", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the page and the shell share is loaded with either: whole, it packs better than in crumbs.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "base", test: SHARED }] } } },
  },
  server: {
    proxy: { "/api": { target: backend, ws: true }, "/files": backend },
  },
  test: { environment: "node", testTimeout: 30_000, include: ["src/**/*.test.ts"] },
});
