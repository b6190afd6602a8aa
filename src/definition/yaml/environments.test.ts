import { expect, test } from 'vitest';
import { isTaskerError } from '../../kernel/errors.ts';
import type { KindRules } from '../kind-rules.ts';
import type { LoadedDefinition } from '../task-definition.ts';
import type { YamlOptions } from './parse-definition.ts';
import { parseYamlDefinition } from './parse-definition.ts';

const KINDS: ReadonlyMap<string, KindRules> = new Map([
  ['function', { name: 'function', code: 'required', checkConfig: () => [] }],
  [
    'api',
    {
      name: 'api',
      code: 'optional',
      checkConfig: () => [{ path: 'params.id', message: 'is odd' }],
    },
  ],
  ['quiet', { name: 'quiet', code: 'none', checkConfig: () => [] }],
]);

function parse(source: string, options: Partial<YamlOptions> = {}): LoadedDefinition {
  const strategies = new Set(['exponential', 'linear', 'fixed', 'none']);
  return parseYamlDefinition(source, {
    file: 'tasks/order.yaml',
    environment: 'test',
    kinds: KINDS,
    strategies,
    ...options,
  });
}

function complaint(source: string, options: Partial<YamlOptions> = {}): string {
  try {
    parse(source, options);
    return '';
  } catch (error) {
    if (!isTaskerError(error, 'INVALID_DEFINITION')) throw error;
    return error.details.problems.map((problem) => problem.text).join('\n');
  }
}

const ENVIRONMENTS = `name: w
width: 2
steps:
  - {name: a, handler: h, handler_config: {url: "http://localhost", headers: {x: 1, y: 2}}}
  - {name: b, handler: h, timeout: 5s}
environments:
  production:
    width: 10
    steps:
      - {name: a, handler_config: {url: "https://shop.example", headers: {y: 3}}}
      - {name: b, timeout: 1m, retry: {limit: 9}}
`;

test('lays the block of the environment over the definition, member by member', () => {
  const { definition } = parse(ENVIRONMENTS, { environment: 'production' });
  expect(definition).toMatchObject({
    width: 10,
    steps: [{ handler: { name: 'h' } }, { timeoutMs: 60_000, retryLimit: 9 }],
  });
  expect(definition.steps[0]?.config).toEqual({
    url: 'https://shop.example',
    headers: { x: 1, y: 3 },
  });
});

test('leaves the definition as it is in an environment without a block', () => {
  const { definition } = parse(ENVIRONMENTS, { environment: 'development' });
  expect(definition).toMatchObject({
    width: 2,
    steps: [{ config: { url: 'http://localhost' } }, { timeoutMs: 5_000 }],
  });
});

test('points into the block of an environment that is wrong, also while another one is used', () => {
  expect(complaint(ENVIRONMENTS.replace('limit: 9', 'limit: 0'))).toContain(
    'tasks/order.yaml:11:47  limit must be at least 1 (got 0)',
  );
  expect(complaint(ENVIRONMENTS.replace('- {name: b, timeout', '- {name: bb, timeout'))).toContain(
    'tasks/order.yaml:11:16  this environment changes step "bb"',
  );
});
