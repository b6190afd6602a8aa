import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { GRAPHQL_SCHEMA } from '../../src/api/graphql/schema.ts';
import { ERROR_CODES } from '../../src/kernel/errors.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { randomDocument, randomFrom, type RandomDocument } from './random-documents.ts';
import { startService, type GraphqlReply } from './service.ts';

const DOCUMENTS = Number(process.env['TASKER_DOCUMENTS'] ?? 250);
const SEED = Number(process.env['TEST_SEED'] ?? randomInt(2 ** 31));

/** What a client can be told: not that something of ours went wrong. */
const CODES = new Set<string>(
  ERROR_CODES.filter(({ status }) => status < 500).map(({ code }) => code),
);

describeOnEachDatabase('random GraphQL documents', (database) => {
  test(`are answered or refused with a reason, and break no law (TEST_SEED=${SEED})`, async () => {
    const service = await startService(database);
    for (const fails of [false, true]) await service.order(fails ? { fails } : { cart: 0 });
    const random = randomFrom(SEED);
    const faults: string[] = [];
    let executed = 0;
    for (let count = 0; count < DOCUMENTS; count += 1) {
      const document = randomDocument(GRAPHQL_SCHEMA, random);
      const reply = await service.send(JSON.stringify(document));
      if (reply.status === 200) executed += 1;
      faults.push(...faultsOf(reply).map((fault) => `${fault}: ${shown(document, reply)}`));
    }

    expect(faults.join('\n')).toBe('');
    expect(executed).toBeGreaterThan(DOCUMENTS / 4); // mostly refused documents would prove little
    await service.finish();
  });
});

function faultsOf({ status, data, errors, code, text }: GraphqlReply): readonly string[] {
  const told = [...errors.map(({ extensions }) => extensions.code), ...(code ? [code] : [])];
  return [
    ...(status === 200 || status === 400 ? [] : [`status ${status}`]),
    ...(status === 400 && told.length === 0 ? ['refused without a reason'] : []),
    ...(status === 200 && data === undefined ? ['no data'] : []),
    ...told.filter((one) => !CODES.has(one)).map((one) => `told ${one}`),
    ...errors.filter(({ message }) => message.length > 1_100).map(() => 'a long message'),
    ...errors
      .filter(({ path }) => path !== undefined && !isNullAt(data, path))
      .map(({ path }) => `an error at ${path?.join('.')} beside a value`),
    ...(/ at .*\.ts:\d|select .* from /.test(text) ? ['shows the inside'] : []),
  ];
}

/** Whether the place of an error, or something around it, is null. */
function isNullAt(data: unknown, path: readonly (string | number)[]): boolean {
  let value = data;
  for (const key of path) {
    if (value === null) return true;
    value = typeof value === 'object' ? Reflect.get(value ?? {}, key) : undefined;
  }
  return value === null;
}

function shown({ query, variables }: RandomDocument, { text }: GraphqlReply): string {
  return `${query} ${JSON.stringify(variables).slice(0, 500)} -> ${text.slice(0, 300)}`;
}
