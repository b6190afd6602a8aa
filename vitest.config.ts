import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

// Every process of tests with an embedded database needs about 300 MB; more than four gain nothing.
const maxWorkers = Math.min(4, Math.max(2, availableParallelism()));

export default defineConfig({
  test: {
    reporters: ['default', new ClosingLine()],
    pool: 'forks', // real processes: worker threads, signals and process.env behave as they do for users
    maxWorkers,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 10_000 },
      },
      {
        extends: true,
        test: {
          name: 'db',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    // Users import the package by name; so do examples and documentation.
    alias: { 'tasker-engine': new URL('src/index.ts', import.meta.url).pathname },
  },
});
