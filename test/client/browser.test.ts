import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Every file that a browser loads with the client, and the packages that these name; types are gone by then. */
function loaded(door: string): {
  readonly files: readonly string[];
  readonly packages: readonly string[];
} {
  const [files, packages] = [new Set<string>(), new Set<string>()];
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(path.join(ROOT, file), 'utf8');
    for (const [, kind = '', names = '', target = ''] of text.matchAll(
      /^(import|export)\s+([^;]*?)from '([^']+)';$/gms,
    )) {
      const members = /^\{(.*)\}\s*$/s.exec(names)?.[1];
      const isType =
        names.startsWith('type ') ||
        (members !== undefined &&
          members
            .split(',')
            .every((member) => member.trim() === '' || member.trim().startsWith('type ')));
      if (isType || kind === '') continue;
      if (target.startsWith('.')) visit(path.posix.join(path.posix.dirname(file), target));
      else packages.add(target);
    }
  };
  visit(door);
  return { files: [...files], packages: [...packages] };
}

test('the client and everything that it loads runs in a browser', () => {
  const { files, packages } = loaded('src/client/index.ts');

  expect(files.length).toBeGreaterThan(20); // a walk that finds nothing finds no fault
  expect(packages).toEqual(['zod']);
  const ofNode = /\b(Buffer|process|setImmediate|require|__dirname)\b(?=[.(])/;
  const code = (file: string) =>
    readFileSync(path.join(ROOT, file), 'utf8').replaceAll(/'[^'\n]*'|\/\*.*?\*\//gs, "''");
  const faults = files.filter((file) => ofNode.test(code(file)));
  expect(faults).toEqual([]);
});

test('a planted fault is found: the walk sees what the server loads', () => {
  const { packages } = loaded('src/api/adapters/node.ts');

  expect(packages).toContain('node:http');
  expect(packages).toContain('hono');
});
