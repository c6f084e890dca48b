import {defineConfig} from 'vitest/config';

export default defineConfig({
  esbuild: {jsx: 'automatic', jsxImportSource: 'preact'},
  build: {target: 'es2022', chunkSizeWarningLimit: 1200, modulePreload: {polyfill: false}, assetsInlineLimit: 0},
  server: {proxy: {'/api': 'http://127.0.0.1:8642'}},
  test: {environment: 'node', include: ['src/**/*.test.ts']},
});
