/** What may not be sent as a request for a task, and odd things that may. */

const text = (context: string): string =>
  `{"name":"w","initiator":"t","reason":"r","source_system":"s","context":${context}}`;
const json = (change: object): string => JSON.stringify({ ...BASE, ...change });

export const BASE = {
  name: 'w',
  context: { a: 1 },
  initiator: 't',
  reason: 'r',
  source_system: 's',
} as const;

export interface BadBody {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly status: number;
  readonly code: string;
}

const bad = (body: BadBody['body'], status: number, code: string): BadBody => ({
  body,
  status,
  code,
});
const malformed = (body: BadBody['body']): BadBody => bad(body, 400, 'MALFORMED_BODY');
const invalid = (change: object): BadBody => bad(json(change), 422, 'INVALID_REQUEST');
const unstorable = (context: string): BadBody => bad(text(context), 422, 'UNSTORABLE_VALUE');
const unknown = (name: string): BadBody => bad(json({ name }), 404, 'DEFINITION_NOT_FOUND');

/** Refused: nothing is stored, and the answer says why. */
export const BAD_BODIES: Readonly<Record<string, BadBody>> = {
  // not JSON
  'an empty body': malformed(''),
  'a word': malformed('hello'),
  'half a body': malformed('{"name":"w","context":{'),
  'single quotes': malformed("{'name':'w'}"),
  NaN: malformed('{"name":"w","context":{"n":NaN}}'),
  Infinity: malformed('{"name":"w","context":{"n":Infinity}}'),
  'a comment': malformed('{"name":"w",/* */"context":{}}'),
  'a text of quotes that never ends': malformed(`"${'\\"'.repeat(500_000)}`),
  'a comma too many': malformed('{"name":"w","context":{},}'),
  'two values': malformed('{}{}'),
  'a byte order mark': malformed(`\ufeff${JSON.stringify(BASE)}`),
  'bytes that are not UTF-8': malformed(new Uint8Array([0x22, 0xff, 0xfe, 0x22])),
  'UTF-16': malformed(new Uint8Array(Buffer.from(`\ufeff${JSON.stringify(BASE)}`, 'utf16le'))),
  // JSON of another form
  'a list': bad('[]', 422, 'INVALID_REQUEST'),
  'a text': bad('"x"', 422, 'INVALID_REQUEST'),
  null: bad('null', 422, 'INVALID_REQUEST'),
  'an empty object': bad('{}', 422, 'INVALID_REQUEST'),
  'a list of nothing': bad('{"tasks":[]}', 422, 'INVALID_REQUEST'),
  'more than a thousand tasks': bad(
    JSON.stringify({ tasks: Array.from({ length: 1_001 }, () => BASE) }),
    422,
    'INVALID_REQUEST',
  ),
  'tasks of two definitions': bad(
    JSON.stringify({ tasks: [BASE, { ...BASE, name: 'other' }] }),
    422,
    'INVALID_REQUEST',
  ),
  'a good task beside a bad one': bad(
    JSON.stringify({ tasks: [BASE, { ...BASE, context: { cart_id: 'x' } }] }),
    422,
    'INVALID_CONTEXT',
  ),
  'flat and wrapped at once': bad(JSON.stringify({ ...BASE, task: BASE }), 422, 'INVALID_REQUEST'),
  'a context that is text': invalid({ context: '{}' }),
  'a context that is a list': invalid({ context: [] }),
  'a context that is null': invalid({ context: null }),
  'no context': invalid({ context: undefined }),
  'a context that does not fit': bad(
    json({ context: { cart_id: '1 or 1=1' } }),
    422,
    'INVALID_CONTEXT',
  ),
  // names
  'no name': invalid({ name: undefined }),
  'a name that is an object': invalid({ name: { $ne: null } }),
  'an empty name': invalid({ name: '' }),
  'a name of 256 letters': invalid({ name: 'n'.repeat(256) }),
  'an unknown name': unknown('no_such_task'),
  'SQL as a name': unknown("w'; drop table tasks;--"),
  '__proto__ as a name': unknown('__proto__'),
  'toString as a name': unknown('toString'),
  'hasOwnProperty as a name': unknown('hasOwnProperty'),
  'constructor as a name': unknown('constructor'),
  // what belongs to the database
  'fields of the database': invalid({
    status: 'complete',
    task_id: 1,
    created_at: '1999-01-01',
    attempts: -5,
    worker_id: 9,
    revision: '1',
  }),
  'an identity': invalid({ identity_hash: 'x' }),
  'a misspelt field': invalid({ initiater: 'me' }),
  '50,000 unknown fields': invalid(
    Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`initiator${n}`, 1])),
  ),
  'fields with names of control characters': invalid(
    Object.fromEntries(Array.from({ length: 60 }, (_, n) => ['\u0001'.repeat(60 + n), 1])),
  ),
  'a field with a name of a million letters': invalid({ ['n'.repeat(1_000_000)]: 1 }),
  // texts and lists
  'a reason of 900,000 letters': invalid({ reason: 'r'.repeat(900_000) }),
  'a reason of 129 letters': invalid({ reason: 'r'.repeat(129) }),
  'an empty reason': invalid({ reason: '' }),
  'a reason that is null': invalid({ reason: null }),
  'an initiator that is a number': invalid({ initiator: 5 }),
  'a tag of 20,000 letters': invalid({ tags: ['t'.repeat(20_000)] }),
  'an empty tag': invalid({ tags: [''] }),
  'tags that are an object': invalid({ tags: {} }),
  'tags under __proto__': bad(
    '{"name":"w","context":{},"initiator":"t","reason":"r","source_system":"s","tags":{"__proto__":["a"]}}',
    422,
    'UNSTORABLE_VALUE',
  ),
  '65 tags': invalid({ tags: Array.from({ length: 65 }, (_, n) => `t${n}`) }),
  'bypassed steps that are text': invalid({ bypass_steps: 'only' }),
  'an unknown bypassed step': bad(json({ bypass_steps: ['onyl'] }), 422, 'UNKNOWN_BYPASS_STEP'),
  'a step of Object as bypassed': bad(
    json({ bypass_steps: ['toString'] }),
    422,
    'UNKNOWN_BYPASS_STEP',
  ),
  'a step that may not be bypassed': bad(
    json({ bypass_steps: ['only'] }),
    422,
    'STEP_NOT_SKIPPABLE',
  ),
  'an empty idempotency key': invalid({ idempotency_key: '' }),
  'an idempotency key of 5,000 letters': invalid({ idempotency_key: 'k'.repeat(5_000) }),
  // numbers and moments
  'a priority beyond 32 bits': invalid({ priority: 2_147_483_648 }),
  'a priority of 1001': invalid({ priority: 1_001 }),
  'half a priority': invalid({ priority: 0.5 }),
  'a priority that is text': invalid({ priority: '5' }),
  'the year 300000': invalid({ requested_at: '300000-01-01T00:00:00Z' }),
  'a moment in words': invalid({ requested_at: 'tomorrow-ish' }),
  'a day that does not exist': invalid({ requested_at: '2026-02-30T00:00:00Z' }),
  'a moment that is a number': invalid({ requested_at: 0 }),
  'infinity as a moment': invalid({ requested_at: 'infinity' }),
  // values that PostgreSQL or JavaScript would refuse or change
  'a NUL': unstorable('{"a":"x\\u0000y"}'),
  'a NUL far inside': unstorable('{"a":[[[{"b":"\\u0000"}]]]}'),
  'a NUL in a key': unstorable('{"\\u0000":1}'),
  'a NUL in a tag': bad(json({ tags: ['a\u0000'] }), 422, 'UNSTORABLE_VALUE'),
  'a NUL in the reason': bad(json({ reason: 'a\u0000' }), 422, 'UNSTORABLE_VALUE'),
  'a NUL in an idempotency key': bad(
    json({ idempotency_key: 'a\u0000b' }),
    422,
    'UNSTORABLE_VALUE',
  ),
  'a lone high surrogate': unstorable('{"a":"\\ud800"}'),
  'a lone low surrogate': unstorable('{"a":"\\udc00"}'),
  'a lone surrogate in a key': unstorable('{"\\ud800":1}'),
  '__proto__ inside': unstorable('{"a":{"b":{"__proto__":{"x":1}}}}'),
  'constructor.prototype': unstorable('{"constructor":{"prototype":{"x":1}}}'),
  'an integer beyond 2^53': unstorable('{"n":9007199254740993}'),
  'a number of 900,000 digits': unstorable(`{"n":${'9'.repeat(900_000)}}`),
  'a number that would become zero': unstorable('{"n":1e-17000}'),
  'a number that would become infinite': unstorable('{"n":1e131072}'),
  'half a million levels': unstorable('['.repeat(500_000) + ']'.repeat(500_000)),
  '101 levels': unstorable(`{"a":${'['.repeat(101)}${']'.repeat(101)}}`),
  'half a million open brackets': unstorable('['.repeat(500_000)),
  'more than 100,000 members': unstorable(`{"a":[${'1,'.repeat(100_001)}1]}`),
  'a context of more than 1 MiB': bad(
    json({ context: { a: 'x'.repeat(1_048_577) } }),
    413,
    'VALUE_TOO_LARGE',
  ),
  'a body of more than 2 MiB': bad(
    json({ context: { a: 'x'.repeat(2_097_153) } }),
    413,
    'BODY_TOO_LARGE',
  ),
};

/** Accepted: a filter that refuses everything is no filter. The context that is read back afterwards. */
export const GOOD_BODIES: Readonly<Record<string, readonly [string, unknown]>> = {
  'a key beyond the basic plane': [json({ context: { '😀': 1 } }), { '😀': 1 }],
  'the letters of a NUL escape': [text('{"a":"\\\\u0000"}'), { a: '\\u0000' }],
  'a key that is given twice': [text('{"a":1,"a":2}'), { a: 2 }],
  'minus zero': [text('{"n":-0}'), { n: 0 }],
  'the largest exact integer': [text('{"n":9007199254740991}'), { n: 9_007_199_254_740_991 }],
  'a tiny number that is kept': [text('{"n":1e-300}'), { n: 1e-300 }],
  '98 levels': [
    text(`{"a":${'['.repeat(98)}${']'.repeat(98)}}`),
    JSON.parse(`{"a":${'['.repeat(98)}${']'.repeat(98)}}`),
  ],
  'brackets and digits inside a text': [
    text(`{"a":"${'['.repeat(200)} 9007199254740993"}`),
    { a: `${'['.repeat(200)} 9007199254740993` },
  ],
  'SQL in a value': [text(`{"a":"'; drop table tasks;--"}`), { a: "'; drop table tasks;--" }],
  'keys of Object': [text('{"toString":1,"hasOwnProperty":2}'), { toString: 1, hasOwnProperty: 2 }],
  'the truth words of YAML': [text('{"no":"yes","off":"on"}'), { no: 'yes', off: 'on' }],
  'text from right to left': [text('{"a":"\\u202eabc"}'), { a: '\u202eabc' }],
  'almost 1 MiB': [json({ context: { a: 'x'.repeat(1_048_500) } }), { a: 'x'.repeat(1_048_500) }],
  'white space all around': [` \n\t${JSON.stringify(BASE)}\r\n `, { a: 1 }],
};
