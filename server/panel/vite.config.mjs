/** How the panel is built: hashed files and nothing inline, so that a strict content security policy holds. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    reportCompressedSize: false,
  },
  // For work on the panel itself: `LOCKSTEP=http://tenant1.cluster1.localhost:8080 npm run dev`.
  server: { proxy: process.env.LOCKSTEP ? { "/api": { target: process.env.LOCKSTEP, changeOrigin: true } } : {} },
});
