import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The page is served from the root, by the window as by the loopback bridge.
  base: './',
  plugins: [react()],
  build: {
    // The WebView of macOS 12. Anything newer in CSS (oklch, color-mix) must not appear.
    target: 'safari15',
    cssTarget: 'safari15',
    outDir: 'dist',
    emptyOutDir: true,
    // One program on one machine: loading is local, splitting further gains nothing.
    chunkSizeWarningLimit: 2000,
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/platform/testing/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
    // For machines that do other things at the same time.
    testTimeout: 30_000,
  },
});
