import { TaskerError } from '../kernel/errors.ts';

/**
 * How PostgreSQL's text format becomes JavaScript values, and back. Both kinds of database use this one table, so a row has the
 * same shape whichever of them answered, and nothing is registered with a driver that the host application shares.
 *
 * int2, int4, int8, oid, float -> number (an int8 beyond 2^53 throws), bool -> boolean, json and jsonb -> the parsed value,
 * timestamptz, timestamp and date -> Date, bytea -> Buffer, arrays of these -> arrays; everything else, numeric included, stays text.
 */
export type Decoder = (text: string) => unknown;

/** What is sent for one bound value: text, bytes, or null. */
export type EncodedValue = string | Buffer | null;

/** Text as it is. */
export const asText: Decoder = (text) => text;

/** The first object id that PostgreSQL gives to objects of users; below it the table here is complete. */
export const FIRST_USER_OID = 16_384;

/** The decoder for a built-in type. */
export function builtInDecoder(oid: number): Decoder {
  return DECODERS.get(oid) ?? asText;
}

/** Writes a bound value in PostgreSQL's text format. Objects are refused: the caller passes JSON as text. */
export function encodeValue(value: unknown): EncodedValue {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : encodeObject(value);
    default:
      throw new TaskerError('DATABASE_FAULT', {
        problem: `a ${typeof value} cannot be bound to a statement`,
      });
  }
}

/** The decoder of an array whose elements have the given decoder. Nested arrays come back nested; `null` elements as null. */
export function arrayDecoder(element: Decoder): Decoder {
  return (text) => {
    if (text === '{}') return [];
    // Plain elements need no parser: the common case of numbers, names and enum labels.
    if (!/["\\]|[^{]*\{.*\{|^\[|NULL/i.test(text)) return text.slice(1, -1).split(',').map(element);
    return parseArray(text, element);
  };
}

function encodeObject(value: object): EncodedValue {
  if (Array.isArray(value)) return encodeArray(value);
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new TaskerError('DATABASE_FAULT', {
    problem: 'an object cannot be bound to a statement; pass its JSON text',
  });
}

function encodeArray(list: readonly unknown[]): string {
  const parts = list.map((item) => {
    if (item === null || item === undefined) return 'NULL';
    if (Array.isArray(item)) return encodeArray(item);
    if (typeof item === 'number') return String(item);
    const text = encodeValue(item);
    if (Buffer.isBuffer(text)) return `"\\\\x${text.toString('hex')}"`;
    return `"${(text ?? '').replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  });
  return `{${parts.join(',')}}`;
}

function decodeInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new TaskerError('DATABASE_FAULT', {
      problem: `the integer ${text} is beyond 2^53 and would change`,
    });
  }
  return value;
}

function decodeFloat(text: string): number {
  return Number(text); // 'NaN', 'Infinity' and '-Infinity' are spelled as JavaScript spells them
}

function decodeBoolean(text: string): boolean {
  return text === 't';
}

function decodeBytes(text: string): Buffer {
  if (!text.startsWith('\\x')) {
    throw new TaskerError('DATABASE_FAULT', {
      problem: 'bytea came in the escape format; set bytea_output to hex',
    });
  }
  return Buffer.from(text.slice(2), 'hex');
}

const MOMENT =
  /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(:\d\d)?(?::\d\d)?)?)?$/;

/** ISO text of date, timestamp or timestamptz. Without an offset it is taken as UTC. */
function decodeMoment(text: string): Date {
  const match = MOMENT.exec(text);
  if (match === null) throw unreadableMoment(text);
  const [, year = '', month, day, time = '00:00:00', hours = '+00', minutes = ':00'] = match;
  const fullYear = year.length > 4 ? `+${year.padStart(6, '0')}` : year;
  const moment = new Date(`${fullYear}-${month}-${day}T${time}${hours}${minutes}`);
  if (Number.isNaN(moment.getTime())) throw unreadableMoment(text);
  return moment;
}

function unreadableMoment(text: string): TaskerError {
  return new TaskerError('DATABASE_FAULT', {
    problem: `${JSON.stringify(text)} is no moment in ISO format`,
  });
}

function decodeJson(text: string): unknown {
  return JSON.parse(text);
}

interface Cursor {
  readonly text: string;
  at: number;
}

function parseArray(text: string, element: Decoder): unknown[] {
  const start = text.indexOf('{'); // bounds such as [2:3]= come before the first brace
  const cursor: Cursor = { text, at: start + 1 };
  const list = parseElements(cursor, element);
  if (start < 0 || cursor.at !== text.length) {
    throw new TaskerError('DATABASE_FAULT', {
      problem: `${JSON.stringify(text.slice(0, 80))} is no array`,
    });
  }
  return list;
}

function parseElements(cursor: Cursor, element: Decoder): unknown[] {
  const list: unknown[] = [];
  while (cursor.at < cursor.text.length) {
    const char = cursor.text[cursor.at];
    if (char === '}') {
      cursor.at += 1;
      return list;
    }
    if (char === ',') {
      cursor.at += 1;
    } else if (char === '{') {
      cursor.at += 1;
      list.push(parseElements(cursor, element));
    } else {
      list.push(char === '"' ? element(parseQuoted(cursor)) : parseBare(cursor, element));
    }
  }
  cursor.at = -1; // no closing brace: the caller sees that the text did not end where it should
  return list;
}

function parseQuoted(cursor: Cursor): string {
  let value = '';
  cursor.at += 1;
  while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== '"') {
    if (cursor.text[cursor.at] === '\\') cursor.at += 1;
    value += cursor.text[cursor.at] ?? '';
    cursor.at += 1;
  }
  cursor.at += 1;
  return value;
}

function parseBare(cursor: Cursor, element: Decoder): unknown {
  const start = cursor.at;
  while (cursor.at < cursor.text.length && !',}'.includes(cursor.text[cursor.at] ?? ''))
    cursor.at += 1;
  const word = cursor.text.slice(start, cursor.at);
  return word === 'NULL' ? null : element(word);
}

/** Type, its object id, the id of its array (both from pg_type.dat; they never change), and the decoder. */
const BUILT_IN: readonly (readonly [
  name: string,
  oid: number,
  arrayOid: number,
  decoder: Decoder,
])[] = [
  ['bool', 16, 1000, decodeBoolean],
  ['bytea', 17, 1001, decodeBytes],
  ['name', 19, 1003, asText],
  ['int8', 20, 1016, decodeInt8],
  ['int2', 21, 1005, Number],
  ['int4', 23, 1007, Number],
  ['text', 25, 1009, asText],
  ['oid', 26, 1028, Number],
  ['json', 114, 199, decodeJson],
  ['float4', 700, 1021, decodeFloat],
  ['float8', 701, 1022, decodeFloat],
  ['bpchar', 1042, 1014, asText],
  ['varchar', 1043, 1015, asText],
  ['date', 1082, 1182, decodeMoment],
  ['timestamp', 1114, 1115, decodeMoment],
  ['timestamptz', 1184, 1185, decodeMoment],
  ['numeric', 1700, 1231, asText],
  ['uuid', 2950, 2951, asText],
  ['jsonb', 3802, 3807, decodeJson],
];

const DECODERS: ReadonlyMap<number, Decoder> = new Map(
  BUILT_IN.flatMap(([, oid, arrayOid, decoder]): [number, Decoder][] => [
    [oid, decoder],
    [arrayOid, arrayDecoder(decoder)],
  ]),
);
