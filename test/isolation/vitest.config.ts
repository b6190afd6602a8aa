import { defineConfig } from 'vitest/config';
import { ClosingLine } from '../support/closing-line.ts';

/** `npm run isolation`: every scenario, which is too much for every `npm test`. */
export default defineConfig({
  test: {
    reporters: ['verbose', new ClosingLine()],
    pool: 'forks',
    include: ['test/isolation/every-scenario.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    hookTimeout: 60_000,
    disableConsoleIntercept: true,
  },
});
