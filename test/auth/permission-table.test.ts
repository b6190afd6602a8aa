import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  ALL_PERMISSIONS,
  ALL_ROLES,
  PERMISSIONS,
  permissionsOf,
} from '../../src/contract/permissions.ts';

const PAGE = path.resolve(import.meta.dirname, '../../docs/security.md');
const PLACE = /(<!-- permissions: [^\n]*-->\n)([^]*?)(<!-- end of permissions -->)/;

/** The table as Markdown, with columns as wide as their widest cell: the way the formatter leaves it. */
function permissionTable(): string {
  const rows = [
    ['Permission', 'What it allows', ...ALL_ROLES.map((role) => `\`${role}\``)],
    ...ALL_PERMISSIONS.map((permission) => [
      `\`${permission}\``,
      PERMISSIONS[permission],
      ...ALL_ROLES.map((role) => (permissionsOf([role]).has(permission) ? 'yes' : '')),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], fill = ' '): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |\n`;
  const [head = [], ...body] = rows;
  const rule = line(
    head.map(() => ''),
    '-',
  );
  return `\n${line(head)}${rule}${body.map((row) => line(row)).join('')}\n`;
}

test('the security guide shows the table of permissions as the code has it', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page).toMatch(PLACE);

  const wanted = page.replace(PLACE, (_, head: string, __, end: string) =>
    [head, permissionTable(), end].join(''),
  );
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PAGE, wanted);

  expect(readFileSync(PAGE, 'utf8')).toBe(wanted);
});
