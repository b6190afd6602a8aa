import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ENDPOINTS } from '../../src/contract/index.ts';
import type { Endpoint } from '../../src/contract/endpoint.ts';
import { openApiDocument } from '../../src/contract/openapi.ts';
import { ALL_PERMISSIONS } from '../../src/contract/permissions.ts';
import { createApi } from '../../src/api/app.ts';
import { createTasker } from '../../src/tasker.ts';
import { read, requestOf } from './lab.ts';
import { readDocument, type Schema } from './document.ts';

const GOLDEN = path.join(import.meta.dirname, '../golden/openapi.json');
const raw = openApiDocument(ENDPOINTS, { version: '0.0.0', server: '/tasker' });
const document = readDocument(raw);
const endpoints: readonly (readonly [string, Endpoint])[] = Object.entries(ENDPOINTS);

/** Every part of the document under its place. */
function* walk(part: unknown, place = '#'): Generator<readonly [string, Schema]> {
  if (typeof part !== 'object' || part === null) return;
  if (!Array.isArray(part)) yield [place, part as Schema]; // sound: an object
  for (const [key, value] of Object.entries(part)) yield* walk(value, `${place}/${key}`);
}

test('the document is the golden file (UPDATE_GOLDEN=1 writes it)', () => {
  const text = `${JSON.stringify(raw, null, 2)}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);

  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});

test('it has the members that OpenAPI 3.1 asks for', () => {
  expect(raw).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Tasker', version: '0.0.0' },
    servers: [{ url: '/tasker' }],
  });
  const ids = document.operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { operationId, path: where, parameters, responses } of document.operations) {
    expect(where, operationId).toMatch(/^\/[\w./{}]*$/);
    const inPath = parameters.filter((one) => one.in === 'path');
    expect(inPath.map(({ name }) => `{${name}}`)).toEqual(where.match(/\{\w+\}/g) ?? []);
    expect(inPath.every(({ required }) => required)).toBe(true);
    const names = parameters.map((one) => `${one.in} ${one.name}`);
    expect(new Set(names).size, operationId).toBe(names.length);
    expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
    for (const [status, response] of Object.entries(responses)) {
      expect(status, operationId).toMatch(/^[2-5]\d\d$/);
      expect(response, operationId).toHaveProperty('description');
      const medias = Object.keys(response.content);
      expect(medias.includes('application/problem+json'), `${operationId} ${status}`).toBe(
        status >= '400', // a probe and GraphQL have a form of their own besides
      );
      expect(medias.length, operationId).toBeGreaterThan(0);
    }
  }
});

test('every $ref names a part of it, and every named schema is used', () => {
  const references = [...walk(raw)].flatMap(([, part]) =>
    typeof part['$ref'] === 'string' ? [part['$ref']] : [],
  );

  expect(references.length).toBeGreaterThan(20);
  for (const reference of references) expect(() => document.resolve(reference)).not.toThrow();
  const named = Object.keys(document.resolve('#/components/schemas'));
  const used = new Set(references.map((reference) => reference.split('/').at(-1)));
  expect(named.filter((name) => !used.has(name))).toEqual([]);
});

test('every schema of it compiles as JSON Schema 2020-12', () => {
  let compiled = 0;
  for (const operation of document.operations) {
    const schemas = [
      ...operation.parameters.map(({ schema }) => schema),
      ...(operation.body ? [operation.body.schema] : []),
      ...Object.values(operation.responses).flatMap(({ content }) =>
        Object.values(content).map(({ schema }) => schema),
      ),
    ];
    for (const schema of schemas) {
      expect(() => document.validator(schema), operation.operationId).not.toThrow();
      compiled += 1;
    }
  }
  expect(compiled).toBeGreaterThan(200);
});

test('it has every declared endpoint, PUT beside PATCH, and nothing else', () => {
  const declared = endpoints.flatMap(([, { method, also, path: where }]) =>
    [method, ...(also === undefined ? [] : [also])].map(
      (one) => `${one} ${where.replace(/:(\w+)/g, '{$1}')}`,
    ),
  );

  const documented = document.operations.map((one) => `${one.method} ${one.path}`);
  expect(documented.toSorted()).toEqual(declared.toSorted());
});

test('every endpoint names a permission of the table or says who else may call it', () => {
  const admissions = [...ALL_PERMISSIONS, 'authenticated', 'public'];

  expect(endpoints.filter(([, { permission }]) => !admissions.includes(permission))).toEqual([]);
  for (const { operationId, permission, isPublic } of document.operations)
    expect(isPublic, operationId).toBe(permission === 'public');
  // What everybody may call tells nothing but whether the process lives.
  const open = document.operations.filter(({ isPublic }) => isPublic).map((one) => one.path);
  expect(open).toEqual(['/health/live', '/health/ready']);
});

test('every permission of the table admits to an endpoint or shows a part of an answer', () => {
  const used = new Set<string>(endpoints.map(([, { permission }]) => permission));
  const parts = ['tasks:read_context', 'steps:read_results'];

  expect(ALL_PERMISSIONS.filter((one) => !used.has(one) && !parts.includes(one))).toEqual([]);
});

test('every error of a problem document has 4xx, or 5xx for what is not the doing of the caller', () => {
  for (const { operationId, responses } of document.operations) {
    const failures = Object.entries(responses).filter(([status]) => status >= '500');
    for (const [status] of failures) expect(['503', '504'], operationId).toContain(status);
  }
});

test.each([
  ['/tasker', 'http://localhost/tasker/openapi.json'],
  ['/', 'http://localhost/openapi.json'],
  ['/a/b', 'http://localhost/a/b/openapi.json'],
  ['/a/b', 'http://localhost/openapi.json'], // a host that strips the path it is mounted under
])('under %s it is served at %s, and names its own base path', async (basePath, url) => {
  // Not started: the document is there before the database is.
  const api = createApi(createTasker({ worker: false }), { basePath });

  const answer = await read(await api.fetch(requestOf('GET', url), { remoteAddress: '127.0.0.1' }));

  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.json).toEqual(api.openapi);
  expect(answer.json).toMatchObject({ servers: [{ url: basePath }], paths: raw['paths'] });
  await api.close();
});
