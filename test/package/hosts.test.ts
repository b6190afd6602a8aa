import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installPacked, run } from './packed-host.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** A project that has installed the packed package with its runtime dependencies, and nothing else. */
let host = '';

beforeAll(() => {
  host = installPacked();
});

afterAll(() => rmSync(host, { recursive: true, force: true }));

test('an ES module can import the package', () => {
  const program = `import { createTasker, defineTask, TaskerError } from 'tasker-engine';
    console.log(typeof createTasker, typeof defineTask, typeof TaskerError);`;

  expect(run(process.execPath, ['--input-type=module', '-e', program], host)).toBe(
    'function function function\n',
  );
});

test('a CommonJS module can require the package, with every module that it needs (B34)', () => {
  writeFileSync(
    path.join(host, 'host.cjs'),
    `console.log(typeof require('tasker-engine').createTasker);`,
  );

  expect(run(process.execPath, ['--no-warnings', 'host.cjs'], host)).toBe('function\n');
});

const DOORS = ['api', 'node', 'express', 'fastify', 'hono', 'client'];

test('every further door opens for ES modules and for CommonJS, and none needs the framework of its host', () => {
  const opened = `api.createApi, node.serveTasker, express.taskerExpress, fastify.taskerFastify, hono.taskerHono, client.createClient`;
  const imports = DOORS.map((door) => `import * as ${door} from 'tasker-engine/${door}';`);
  const requires = DOORS.map((door) => `const ${door} = require('tasker-engine/${door}');`);
  const print = `console.log([${opened}].map((door) => typeof door).join());`;
  writeFileSync(path.join(host, 'doors.mjs'), [...imports, print].join('\n'));
  writeFileSync(path.join(host, 'doors.cjs'), [...requires, print].join('\n'));

  for (const file of ['doors.mjs', 'doors.cjs'])
    expect(run(process.execPath, ['--no-warnings', file], host)).toBe(
      `${DOORS.map(() => 'function').join()}\n`,
    );
});

test('a host that knows only the public door cannot reach behind it', () => {
  const program = `await import('tasker-engine/dist/tasker.js').catch((error) => console.log(error.code));`;

  expect(run(process.execPath, ['--input-type=module', '-e', program], host)).toBe(
    'ERR_PACKAGE_PATH_NOT_EXPORTED\n',
  );
});

test('the command is part of the package', () => {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  }; // sound: ours

  expect(
    run(process.execPath, ['node_modules/tasker-engine/dist/cli/main.js', '--version'], host),
  ).toContain(version);
});

test('the declarations hold in a strict project that checks the declarations of its libraries', () => {
  mkdirSync(path.join(host, 'node_modules/@types'), { recursive: true });
  for (const name of ['@types/node', 'undici-types']) {
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(host, 'node_modules', name));
  }
  writeFileSync(path.join(host, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(
    path.join(host, 'host.ts'),
    ['tasker-engine', ...DOORS.map((door) => `tasker-engine/${door}`)]
      .map((door, index) => `export * as door${index} from '${door}';\n`)
      .join(''),
  );
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = [
    '--strict',
    '--noEmit',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
    '--skipLibCheck',
    'false',
  ];

  expect(run(process.execPath, [tsc, ...options, 'host.ts'], host)).toBe('');
});
