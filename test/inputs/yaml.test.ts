import { expect, test } from 'vitest';
import { parseYamlDefinition } from '../../src/definition/yaml/parse-definition.ts';
import { createRegistry } from '../../src/definition/registry.ts';
import { isTaskerError } from '../../src/kernel/errors.ts';
import type { KindRules } from '../../src/definition/kind-rules.ts';
import type { DefinitionProblem } from '../../src/definition/problem.ts';
import type { LoadedDefinition } from '../../src/definition/task-definition.ts';

/*
 * Definition files that must be refused, each with the kind of its first problem, and files that look odd and must be accepted, so
 * that a reader which refuses everything fails.
 */

const KINDS: ReadonlyMap<string, KindRules> = new Map([
  ['function', { name: 'function', code: 'required', checkConfig: () => [] }],
  ['api', { name: 'api', code: 'optional', checkConfig: checkApi }],
]);
const STRATEGIES = new Set(['exponential', 'linear', 'fibonacci', 'fixed', 'none']);

function checkApi(config: unknown): { path: string; message: string }[] {
  const hasUrl = typeof config === 'object' && config !== null && 'url' in config;
  return hasUrl ? [] : [{ path: 'url', message: 'is required' }];
}

function parse(source: string | Uint8Array, environment = 'test'): LoadedDefinition {
  return parseYamlDefinition(source, {
    file: 'tasks/w.yaml',
    environment,
    kinds: KINDS,
    strategies: STRATEGIES,
    hasHandler: (name) => ['h', 'Shop::Cart', 'constructor'].includes(name),
    handlerNames: ['h', 'Shop::Cart'],
  });
}

/** The problems of a source, in order; empty when it is accepted. Anything but INVALID_DEFINITION is thrown on. */
function problemsOf(source: string | Uint8Array): readonly DefinitionProblem[] {
  try {
    parse(source);
    return [];
  } catch (error) {
    if (!isTaskerError(error, 'INVALID_DEFINITION')) throw error;
    return error.details.problems as readonly DefinitionProblem[]; // sound: the definition room throws no other
  }
}

const oneStep = (fields: string): string =>
  `name: w\nsteps:\n  - {name: a, handler: h, ${fields}}\n`;
const topLevel = (text: string): string => `name: w\n${text}\nsteps:\n  - {name: a, handler: h}\n`;
const times = (count: number, make: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => make(index));

const REFUSED: readonly (readonly [title: string, code: string, source: string | Uint8Array])[] = [
  // the text
  ['bytes that are not UTF-8', 'NOT_UTF8', Buffer.from([0x6e, 0x3a, 0x20, 0xff, 0xfe])],
  ['UTF-16 with a byte order mark', 'NOT_UTF8', Buffer.from('\ufeffname: w', 'utf16le')],
  ['UTF-16 without one', 'NOT_UTF8', Buffer.from('name: w', 'utf16le')],
  ['a lone surrogate', 'NOT_UTF8', 'name: "\ud800"'],
  [
    'a file beyond the size limit',
    'TOO_LARGE',
    `# ${'x'.repeat(1_024_000)}\n${oneStep('skippable: true')}`,
  ],
  ['20,000 nested lists', 'TOO_DEEP', '['.repeat(20_000) + ']'.repeat(20_000)],
  ['20,000 nested lists, never closed', 'TOO_DEEP', '['.repeat(20_000)],
  ['20,000 nested dashes', 'TOO_DEEP', `${'- '.repeat(20_000)}x`],
  ['150 levels of indentation', 'TOO_DEEP', times(150, (i) => `${' '.repeat(i)}k:`).join('\n')],
  [
    'a schema nested 3,000 deep',
    'TOO_DEEP',
    topLevel(`schema: ${'{not: '.repeat(3_000)}true${'}'.repeat(3_000)}`),
  ],
  ['nothing', 'EMPTY', ''],
  ['only a comment', 'EMPTY', '# nothing\n'],
  ['a list instead of an object', 'TYPE', '- name: w'],
  ['text instead of an object', 'TYPE', 'w'],
  ['a tab as indentation', 'YAML_SYNTAX', 'name:\n\t- w'],
  ['an unclosed bracket', 'YAML_SYNTAX', 'name: [w'],
  ['an object as a key', 'YAML_SYNTAX', '? {a: 1}\n: b'],
  ['an empty key', 'YAML_SYNTAX', '? \n: b'],
  ['the same key twice', 'DUPLICATE_KEY', 'name: w\nname: v\nsteps: [{name: a, handler: h}]'],
  ['the same key twice, deep inside', 'DUPLICATE_KEY', oneStep('handler_config: {a: 1, a: 2}')],
  ['two documents', 'MANY_DOCUMENTS', `${oneStep('skippable: true')}---\nname: v\n`],
  // tags, aliases, keys that reach into prototypes
  ['a binary tag', 'UNKNOWN_TAG', 'name: !!binary aGVsbG8='],
  ['a class of another language', 'UNKNOWN_TAG', 'handler: !ruby/object:Some::Class {}'],
  ['a function', 'UNKNOWN_TAG', 'name: !!js/function "function(){}"'],
  ['a tag on a key inside a list', 'UNKNOWN_TAG', 'steps: [{a: !thing x}]'],
  ['an alias that contains itself', 'ALIASES', 'a: &a {b: *a}'],
  ['a merge that contains itself', 'ALIASES', 'a: &a {<<: *a}'],
  ['an alias without anchor', 'ALIASES', 'name: *nobody'],
  [
    'aliases that multiply to a billion values',
    'ALIASES',
    `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${times(9, (i) => `a${i + 1}: &a${i + 1} [${times(9, () => `*a${i}`).join(',')}]`).join('\n')}`,
  ],
  [
    'a merge of 3,000 times 3,000 keys',
    'ALIASES',
    `a: &a {${times(3_000, (i) => `k${i}: 0`).join(',')}}\nb: {<<: [${times(3_000, () => '*a').join(',')}]}`,
  ],
  ['2,000 aliases', 'ALIASES', `a: &a x\nb: [${times(2_000, () => '*a').join(',')}]`],
  ['__proto__ as a key', 'FORBIDDEN_KEY', '__proto__: {polluted: true}\nname: w'],
  ['constructor as a key', 'FORBIDDEN_KEY', 'constructor: {prototype: {p: 1}}\nname: w'],
  [
    '__proto__ as a key of a configuration',
    'FORBIDDEN_KEY',
    oneStep('handler_config: {__proto__: {p: 1}}'),
  ],
  // names
  ['no name', 'REQUIRED', 'steps:\n  - {name: a, handler: h}'],
  ['a number as a name', 'TYPE', 'name: 1\nsteps: [{name: a, handler: h}]'],
  [
    'a name with a right-to-left mark',
    'INVALID_NAME',
    'name: "w\u202etxt"\nsteps:\n  - {name: a, handler: h}',
  ],
  [
    'a name with a control character',
    'INVALID_NAME',
    'name: "w\\u0007"\nsteps:\n  - {name: a, handler: h}',
  ],
  [
    'a name of 65 characters',
    'INVALID_NAME',
    `name: ${'w'.repeat(65)}\nsteps: [{name: a, handler: h}]`,
  ],
  [
    'a step name of 129 characters',
    'INVALID_NAME',
    `name: w\nsteps: [{name: ${'a'.repeat(129)}, handler: h}]`,
  ],
  ['letters beyond ASCII', 'INVALID_NAME', 'name: w\nsteps: [{name: "caf\u00e9", handler: h}]'],
  [
    'two spellings of one accent',
    'INVALID_NAME',
    'name: w\nsteps:\n  - {name: "caf\u00e9", handler: h}\n  - {name: "cafe\u0301", handler: h}',
  ],
  ...[
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'isPrototypeOf',
    'prototype',
  ].map(
    (name) =>
      [
        `a step named ${name}`,
        'INVALID_NAME',
        `name: w\nsteps:\n  - {name: ${name}, handler: h}`,
      ] as const,
  ),
  ['a namespace with a slash', 'INVALID_NAME', topLevel('namespace: a/b')],
  ['an unknown field', 'UNKNOWN_FIELD', 'name: w\nstepz: []\nsteps:\n  - {name: a, handler: h}'],
  ['an unknown field of a step', 'UNKNOWN_FIELD', oneStep('retires: 3')],
  ['an unknown field of retry', 'UNKNOWN_FIELD', oneStep('retry: {limits: 3}')],
  ['a description of 256 characters', 'INVALID_VALUE', topLevel(`description: ${'d'.repeat(256)}`)],
  // numbers, durations, words
  ...['0', '-1', '.inf', '10001'].map(
    (limit) =>
      [`a retry limit of ${limit}`, 'RANGE', oneStep(`retry: {max_attempts: ${limit}}`)] as const,
  ),
  ...['2.5', '.nan', '"3"', 'three', '[3]'].map(
    (limit) =>
      [`${limit} as a retry limit`, 'TYPE', oneStep(`default_retry_limit: ${limit}`)] as const,
  ),
  ['a timeout in words', 'TYPE', oneStep('timeout_ms: soon')],
  ['a timeout without a unit', 'TYPE', oneStep('timeout: "10"')],
  ['a timeout of nothing', 'RANGE', oneStep('timeout_ms: 0')],
  ['a timeout of nothing, with a unit', 'RANGE', oneStep('timeout: 0s')],
  ['a negative timeout', 'RANGE', oneStep('timeout: -5')],
  ['two timeouts', 'AMBIGUOUS', oneStep('timeout: 5s, timeout_ms: 5000')],
  ['a yes of YAML 1.1', 'TYPE', topLevel('concurrent: yes')],
  ['a width of nothing', 'RANGE', topLevel('width: 0')],
  ['a width against concurrent: false', 'AMBIGUOUS', topLevel('concurrent: false\nwidth: 4')],
  ['a priority out of range', 'RANGE', topLevel('priority: 1001')],
  ['a version that is a number', 'TYPE', topLevel('version: 1.10')],
  ['a strategy that does not exist', 'UNKNOWN_STRATEGY', oneStep('retry: {backoff: exponental}')],
  ['a custom strategy, which only code has', 'UNKNOWN_STRATEGY', oneStep('backoff: custom')],
  ['a custom identity, which only code has', 'INVALID_VALUE', topLevel('identity: custom')],
  ['a base beyond its cap', 'RANGE', oneStep('retry: {base: 10s, max: 5s}')],
  ['two retry limits', 'AMBIGUOUS', oneStep('default_retry_limit: 3, retry: {limit: 4}')],
  ['two backoffs', 'AMBIGUOUS', oneStep('backoff: fixed, retry: {backoff: linear}')],
  ['two handlers', 'AMBIGUOUS', oneStep('handler_class: h')],
  [
    'two lists of steps',
    'AMBIGUOUS',
    'name: w\nsteps: [{name: a, handler: h}]\nstep_templates: [{name: b, handler: h}]',
  ],
  [
    'an unsafe integer in a configuration',
    'TYPE',
    oneStep('handler_config: {id: 9007199254740993}'),
  ],
  ['an infinite number in a configuration', 'TYPE', oneStep('handler_config: {id: .inf}')],
  ['a NUL in a configuration', 'TYPE', oneStep('handler_config: {id: "\\0"}')],
  // steps and dependencies
  ['no steps at all', 'NO_STEPS', 'name: w'],
  ['an empty list of steps', 'NO_STEPS', 'name: w\nsteps: []'],
  ['a step that is only a word', 'TYPE', 'name: w\nsteps: [a]'],
  ['a step without a name', 'REQUIRED', 'name: w\nsteps: [{handler: h}]'],
  ['a step without a handler', 'REQUIRED', 'name: w\nsteps: [{name: a}]'],
  [
    'two steps of one name',
    'DUPLICATE_STEP',
    'name: w\nsteps: [{name: a, handler: h}, {name: a, handler: h}]',
  ],
  ['an unknown dependency', 'UNKNOWN_STEP', oneStep('depends_on_step: zz')],
  ['an unknown dependency in a list', 'UNKNOWN_STEP', oneStep('depends_on_steps: [zz]')],
  ['a step that depends on itself', 'CYCLE', oneStep('depends_on_step: a')],
  [
    'a circle of 500 steps',
    'CYCLE',
    `name: w\nsteps:\n${times(500, (i) => `  - {name: s${i}, handler: h, depends_on_step: s${(i + 1) % 500}}`).join('\n')}`,
  ],
  [
    'a dependency named in both forms',
    'AMBIGUOUS',
    'name: w\nsteps:\n  - {name: a, handler: h}\n  - {name: b, handler: h, depends_on_step: a, depends_on_steps: [a]}',
  ],
  [
    'a step that named_steps lacks',
    'UNKNOWN_STEP',
    'name: w\nnamed_steps: [a]\nsteps: [{name: a, handler: h}, {name: b, handler: h}]',
  ],
  ['a name in named_steps that is no step', 'UNUSED_STEP_NAME', topLevel('named_steps: [a, b]')],
  // handlers and kinds
  [
    'a handler that is not registered',
    'UNKNOWN_HANDLER',
    'name: w\nsteps:\n  - {name: a, handler: NoSuch}',
  ],
  [
    'a file without the name of an export',
    'INVALID_VALUE',
    'name: w\nsteps:\n  - {name: a, handler: ./cart.ts}',
  ],
  ['a misspelt kind', 'UNKNOWN_KIND', oneStep('handler_config: {type: apii}')],
  [
    'a kind that nobody understands',
    'UNKNOWN_KIND',
    'name: w\nsteps: [{name: a, handler_config: {type: mainframe}}]',
  ],
  [
    'an api step without url',
    'HANDLER_CONFIG',
    'name: w\nsteps: [{name: a, handler_config: {type: api}}]',
  ],
  // schemas
  ['a schema that is no object', 'TYPE', topLevel('schema: [1]')],
  ['a misspelt keyword', 'SCHEMA_INVALID', topLevel('schema: {type: object, propertes: {}}')],
  [
    'a misspelt type',
    'SCHEMA_INVALID',
    topLevel('schema: {type: object, properties: {a: {type: intger}}}'),
  ],
  ['an unknown format', 'SCHEMA_INVALID', topLevel('schema: {properties: {a: {format: e-mail}}}')],
  [
    'a $data reference',
    'SCHEMA_INVALID',
    topLevel('schema: {properties: {p: {pattern: {$data: "1/q"}}}}'),
  ],
  ['a reference to nowhere', 'SCHEMA_INVALID', topLevel('schema: {$ref: "#/$defs/missing"}')],
  [
    'a remote reference',
    'SCHEMA_REMOTE_REF',
    topLevel('schema: {$ref: "http://169.254.169.254/latest"}'),
  ],
  [
    'a reference to a file',
    'SCHEMA_REMOTE_REF',
    topLevel('schema: {properties: {a: {$ref: "file:///etc/passwd"}}}'),
  ],
  ['a broken pattern', 'SCHEMA_INVALID', topLevel('schema: {properties: {a: {pattern: "("}}}')],
  [
    'an exponential pattern',
    'SCHEMA_UNSAFE_PATTERN',
    topLevel('schema: {properties: {s: {type: string, pattern: "^(a|a)*$"}}}'),
  ],
  [
    'an exponential pattern as a key',
    'SCHEMA_UNSAFE_PATTERN',
    topLevel('schema: {patternProperties: {"^(a+)+$": {}}}'),
  ],
  [
    'an exponential pattern of a result',
    'SCHEMA_UNSAFE_PATTERN',
    oneStep('result_schema: {items: {pattern: "(x+x+)+y"}}'),
  ],
  // environments
  ['environments that are no object', 'TYPE', topLevel('environments: [test]')],
  [
    'an environment that changes the name',
    'UNKNOWN_FIELD',
    topLevel('environments: {test: {name: v}}'),
  ],
  [
    'an environment that changes an unknown step',
    'UNKNOWN_STEP',
    topLevel('environments: {production: {steps: [{name: b}]}}'),
  ],
  [
    'an environment with a wrong value',
    'RANGE',
    topLevel('environments: {production: {width: 0}}'),
  ],
];

test.each(REFUSED)('refuses %s as %s (rows 1, 2)', (_, code, source) => {
  expect(problemsOf(source)[0]?.code).toBe(code);
});

const ACCEPTED: readonly (readonly [title: string, source: string | Uint8Array])[] = [
  ['a byte order mark', Buffer.from(`\ufeff${oneStep('skippable: true')}`)],
  ['Windows line ends', oneStep('skippable: true').replaceAll('\n', '\r\n')],
  ['emoji in descriptions', topLevel('description: "📦 order"')],
  ['quotes and apostrophes in plain text', topLevel("description: it's [not] a {list}")],
  [
    'brackets inside quotes and comments',
    topLevel(`description: "${'['.repeat(150)}" # ${'{'.repeat(150)}`),
  ],
  ['the word no as a name', 'name: no\nsteps: [{name: a, handler: h}]'],
  ['the three core tags', 'name: !!str w\nsteps: !!seq [{name: !!str a, handler: h}]'],
  [
    'a schema with all sorts of things',
    topLevel(
      'schema: {type: [object, "null"], required: [b], properties: {a: {type: string, pattern: "^[a-z]+(-[a-z]+)*$", format: email}}}',
    ),
  ],
  [
    'a schema that refers to itself',
    topLevel(
      'schema: {$ref: "#/$defs/n", $defs: {n: {type: object, properties: {n: {$ref: "#/$defs/n"}}}}}',
    ),
  ],
  ['an empty field', topLevel('schema:\ndescription:')],
  [
    '1,000 steps in a chain',
    `name: w\nsteps:\n${times(1_000, (i) => `  - {name: s${i}, handler: h${i > 0 ? `, depends_on_step: s${i - 1}` : ''}}`).join('\n')}`,
  ],
  [
    'a type in the configuration that is the handler’s own',
    oneStep('handler_config: {type: premium_customers}'),
  ],
  [
    'a handler named like a property of every object',
    'name: w\nsteps: [{name: a, handler: constructor}]',
  ],
  [
    '90 levels of nesting in a configuration',
    oneStep(`handler_config: ${'['.repeat(90)}${']'.repeat(90)}`),
  ],
];

test.each(ACCEPTED)('accepts %s', (_, source) => {
  expect(problemsOf(source)).toEqual([]);
});

test('keeps what looks like a variable of the environment as the text that it is', () => {
  const { definition } = parse(oneStep('handler_config: {url: "http://${DATABASE_URL}/"}'));
  expect(definition.steps[0]?.config).toEqual({ url: 'http://${DATABASE_URL}/' });
});

test('leaves prototypes alone', () => {
  problemsOf('__proto__: {polluted: true}\nconstructor: {prototype: {polluted: true}}');
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test('refuses other content under a declared version and keeps the definition that is there', () => {
  const registry = createRegistry();
  const first = parse('name: w\nversion: 1.0.0\nsteps: [{name: a, handler: h}]');
  registry.add(first);
  const second = parse('name: w\nversion: 1.0.0\nsteps: [{name: other, handler: h}]');
  expect(() => registry.add(second)).toThrow(expect.objectContaining({ code: 'VERSION_CONFLICT' }));
  expect(registry.find('w')).toBe(first);
});

test('answers every refused input within a second', () => {
  const slow = REFUSED.flatMap(([title, , source]) => {
    const start = performance.now();
    problemsOf(source);
    const took = performance.now() - start;
    return took > 1_000 ? [`${title}: ${Math.round(took)} ms`] : [];
  });
  expect(slow).toEqual([]);
});
