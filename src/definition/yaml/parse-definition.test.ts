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

const SEED_FORMAT = `---
name: greet_task
module_namespace: Greeting
class_name: GreetTask
concurrent: true

default_dependent_system: letter_box

named_steps:
  - find_name
  - find_address
  - write_letter

schema:
  type: object
  required:
    - person_id
  properties:
    person_id:
      type: integer

step_templates:
  - name: find_name
    description: Find out who it is
    handler_class: Greeting::StepHandler::FindName
    default_retry_limit: 5
    default_retryable: false
  - name: find_address
    handler_class: Greeting::StepHandler::FindAddress
    dependent_system: address_book
    skippable: true
  - name: write_letter
    depends_on_steps:
      - find_address
      - find_name
    handler_class: Greeting::StepHandler::WriteLetter
`;

test("reads the seed's format with its defaults", () => {
  const { definition } = parse(SEED_FORMAT);
  expect(definition).toMatchObject({
    name: 'greet_task',
    namespace: 'default',
    width: null,
    metadata: {
      module_namespace: 'Greeting',
      class_name: 'GreetTask',
      named_steps: ['find_name', 'find_address', 'write_letter'],
    },
  });
  expect(definition.steps).toMatchObject([
    {
      handler: { from: 'registry', name: 'Greeting::StepHandler::FindName' },
      description: 'Find out who it is',
      dependentSystem: 'letter_box',
      retryLimit: 5,
      retryable: false,
    },
    {
      description: 'find_address',
      dependentSystem: 'address_book',
      retryLimit: 3,
      retryable: true,
      skippable: true,
      backoff: { strategy: 'exponential', jitter: 'full' },
    },
    { parents: [0, 1], skippable: false },
  ]);
});

test('shows the place, the line, a mark below it, and what was probably meant', () => {
  const source = SEED_FORMAT.replace('      - find_name', '      - find_nme');
  expect(complaint(source)).toBe(
    [
      'tasks/order.yaml:35:9  step "write_letter" depends on "find_nme", which does not exist',
      '  35 |       - find_nme',
      '     |         ^^^^^^^^ did you mean "find_name"?',
    ].join('\n'),
  );
});

test('reports every fault of a file at once, in order of place', () => {
  const lines = complaint(
    SEED_FORMAT.replace('concurrent: true', 'concurent: true').replace(
      'default_retry_limit: 5',
      'default_retry_limit: none',
    ),
  );
  expect(lines).toMatch(
    /order\.yaml:5:1 {2}there is no field "concurent" here[^]*did you mean "concurrent"[^]*order\.yaml:26:26 {2}default_retry_limit must be a whole number/,
  );
});

test('marks the keyword of a schema that is wrong', () => {
  expect(complaint(SEED_FORMAT.replace('type: integer', 'type: intger'))).toContain(
    'order.yaml:20:13  schema: must be equal to one of the allowed values (array, boolean, integer, null, number, object, string)',
  );
  expect(complaint(SEED_FORMAT.replace('  properties:', '  propertys:'))).toMatch(
    /order\.yaml:18:3[^]*did you mean "properties"/,
  );
});

test('marks the part of handler_config that its kind refuses', () => {
  const source =
    'name: w\nsteps:\n  - name: a\n    handler_config:\n      type: api\n      params: {id: 1}\n';
  expect(complaint(source)).toContain('tasks/order.yaml:6:20  handler_config.params.id is odd');
});

test('refuses a handler where the kind has no place for one', () => {
  expect(
    complaint('{name: w, steps: [{name: a, handler: h, handler_config: {type: quiet}}]}'),
  ).toContain('has no place in a step of kind "quiet"');
});

test('shows a circle as a path of names', () => {
  const source =
    'name: w\nsteps:\n  - {name: a, handler: h, depends_on_step: c}\n  - {name: b, handler: h, depends_on_step: a}\n  - {name: c, handler: h, depends_on_step: b}\n';
  expect(complaint(source)).toContain('a -> c -> b -> a');
});

test('a definition cannot send commands to the terminal that shows its faults', () => {
  const text = complaint('name: w\nfield\u001b[31m: "\u202e"\nsteps: [{name: a, handler: h}]');
  expect(text).toContain('tasks/order.yaml:2');
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
});

test('cuts long lines around the place', () => {
  const text = complaint(
    `{name: w, description: "${'d'.repeat(250)}", steps: [{name: a, handler: h, retires: 1}]}`,
  );
  expect(text).toContain('retires');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(200);
});

test('resolves handler files relative to the definition', () => {
  const source =
    'name: w\nsteps:\n  - {name: a, handler: "./steps/cart.ts#fetchCart"}\n  - {name: b, handler: "../shared.ts#run"}\n';
  const { definition } = parse(source, { file: '/srv/tasks/order.yaml' });
  expect(definition.steps.map((step) => step.handler)).toEqual([
    {
      from: 'file',
      path: '/srv/tasks/steps/cart.ts',
      export: 'fetchCart',
      text: './steps/cart.ts#fetchCart',
    },
    { from: 'file', path: '/srv/shared.ts', export: 'run', text: '../shared.ts#run' },
  ]);
  expect(parse(source, { file: '/opt/w/order.yaml' }).definition.contentHash).toBe(
    definition.contentHash,
  );
});

test('reads every spelling of retry settings', () => {
  const policy = (fields: string): unknown => {
    const [step] = parse(`{name: w, retry: {base: 3s}, steps: [{name: a, handler: h, ${fields}}]}`)
      .definition.steps;
    return { limit: step?.retryLimit, ...step?.backoff };
  };
  const given = { limit: 4, strategy: 'fixed', baseMs: 2_000, maxMs: 60_000, jitter: 'none' };
  expect(policy('retry: {limit: 4, backoff: fixed, base: 2s, max: 1m, jitter: none}')).toEqual(
    given,
  );
  expect(
    policy('retry: {max_attempts: 4}, backoff: {strategy: fixed, base: 2s, max: 1m, jitter: none}'),
  ).toEqual(given);
  expect(policy('default_retry_limit: 4, backoff: linear')).toEqual({
    limit: 4,
    strategy: 'linear',
    baseMs: 3_000,
    maxMs: 30_000,
    jitter: 'full',
  });
  expect(policy('retry: {base: 2m}')).toMatchObject({ baseMs: 120_000, maxMs: 120_000 });
});

test("takes the seed's retry settings of an api step, below the general ones", () => {
  const kinds = new Map([
    ...KINDS,
    ['api', { name: 'api', code: 'optional', checkConfig: () => [] }],
  ] as const);
  const backoff = (config: string, fields = ''): unknown =>
    parse(
      `{name: w, steps: [{name: a, handler_config: {type: api, url: u, ${config}}${fields}}]}`,
      { kinds },
    ).definition.steps[0]?.backoff;
  expect(backoff('enable_exponential_backoff: false, retry_delay: 2.5')).toMatchObject({
    strategy: 'none',
    baseMs: 2_500,
  });
  expect(backoff('retry_delay: 2', ', backoff: {strategy: fixed, base: 7s}')).toMatchObject({
    strategy: 'fixed',
    baseMs: 7_000,
  });
});

test('takes anchors, aliases and merges as if they were written out', () => {
  const source = `name: w
retry: &retry {limit: 5}
steps:
  - &base {name: a, handler: h, retry: *retry}
  - {<<: *base, name: b, timeout: 1s}
`;
  expect(parse(source).definition.steps).toMatchObject([
    { name: 'a', retryLimit: 5, timeoutMs: null },
    { name: 'b', retryLimit: 5, timeoutMs: 1_000, handler: { name: 'h' } },
  ]);
});

test('joins the two forms of dependencies', () => {
  const source =
    'name: w\nsteps:\n  - {name: a, handler: h}\n  - {name: b, handler: h}\n  - {name: c, handler: h, depends_on_step: b, depends_on_steps: [a]}\n';
  expect(parse(source).definition.steps[2]?.parents).toEqual([0, 1]);
});

test('looks handlers up by any text that is not a path', () => {
  const options = {
    hasHandler: (name: string) => name === 'Shop::Cart',
    handlerNames: ['Shop::Cart'],
  };
  expect(complaint('{name: w, steps: [{name: a, handler_class: "Shop::Cart"}]}', options)).toBe('');
  expect(
    complaint('{name: w, steps: [{name: a, handler_class: "Shop::Card"}]}', options),
  ).toContain('did you mean "Shop::Cart"?');
});
