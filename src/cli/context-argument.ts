import { TaskerError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Json } from '../kernel/json.ts';

type Members = { [key: string]: Json };

/**
 * Builds a context from `key=value` pairs, on top of the object given by `--context`.
 *
 * - A value is JSON when it reads as JSON (`123`, `true`, `"x"`, `{"a":1}`, `null`), otherwise it is text (`abc`, `01234`).
 * - A dotted key makes nested objects: `address.city=Bern` is `{"address":{"city":"Bern"}}`. Quote a whole object as JSON for keys
 *   that contain a dot.
 * - The same key twice, or a key below a value that is no object, is an error: nothing is overwritten silently.
 *
 * @throws TaskerError `INVALID_REQUEST`
 */
export function contextFrom(base: Json | undefined, pairs: readonly string[]): Json {
  if (base !== undefined && !isJsonObject(base)) fail('--context must be a JSON object');
  // A deep copy of our own, so that setting a member never changes what the caller holds.
  const context: Members = structuredClone({ ...base });
  for (const pair of pairs) place(context, pair);
  return context;
}

function place(context: Members, pair: string): void {
  const equals = pair.indexOf('=');
  if (equals < 1) fail(`-c takes key=value, not ${JSON.stringify(pair)}`);
  const key = pair.slice(0, equals);
  const path = key.split('.');
  if (path.some((part) => part === '')) fail(`the key ${JSON.stringify(key)} has an empty part`);
  if (path.includes('__proto__')) fail(`the key ${JSON.stringify(key)} is not allowed`);

  let target = context;
  for (const part of path.slice(0, -1)) target = descend(target, part, key);
  const name = path.at(-1) ?? key;
  if (Object.hasOwn(target, name)) fail(`the key ${JSON.stringify(key)} is given twice`);
  target[name] = valueOf(pair.slice(equals + 1));
}

function descend(target: Members, part: string, key: string): Members {
  if (!Object.hasOwn(target, part)) {
    const created: Members = {};
    target[part] = created;
    return created;
  }
  const found = target[part];
  if (!isJsonObject(found)) {
    fail(
      `the key ${JSON.stringify(key)} conflicts with ${JSON.stringify(part)}, which is given as a value`,
    );
  }
  return found;
}

function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json; // sound: JSON.parse gives nothing but JSON
  } catch {
    return text; // not JSON: the text itself is the value
  }
}

function fail(problem: string): never {
  throw new TaskerError('INVALID_REQUEST', { problem });
}
