import { z } from 'zod';
import { TaskerError } from '../../kernel/errors.ts';
import { didYouMean } from '../../kernel/nearest.ts';

/** So many problems are looked into; a body can have a hundred thousand, and each costs a search for what was meant. */
const MOST_PROBLEMS = 20;
/** So many parameters may stand in an address. */
const MOST_PARAMETERS = 100;

interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The value as the schema gives it. @throws INVALID_REQUEST with every problem and where it is */
export function checkedBy<Type extends z.ZodType>(
  schema: Type,
  value: unknown,
  where: string,
): z.output<Type> {
  const answer = schema.safeParse(value);
  if (answer.success) return answer.data;
  const problems = problemsOf(answer.error.issues, where, schema);
  throw new TaskerError('INVALID_REQUEST', {
    problem: problems.map(({ path, message }) => `${path} ${message}`).join('; '),
    problems,
  });
}

/** The parameters of a query string: at most 100, each at most once. @throws INVALID_REQUEST */
export function queryOf(url: URL): Readonly<Record<string, string>> {
  const query = new Map<string, string>();
  if (url.searchParams.size > MOST_PARAMETERS)
    throw new TaskerError('INVALID_REQUEST', {
      problem: `there are more than ${MOST_PARAMETERS} parameters`,
    });
  for (const [name, value] of url.searchParams) {
    const path = name.slice(0, 64);
    if (query.has(name))
      throw new TaskerError('INVALID_REQUEST', { problem: `the parameter ${path} is given twice` });
    if (value.includes('\u0000') || name.includes('\u0000') || name === '__proto__')
      throw new TaskerError('INVALID_REQUEST', {
        problem: `the parameter ${path} has characters that are not allowed`,
      });
    query.set(name, value);
  }
  return Object.fromEntries(query);
}

function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  where: string,
  schema: z.ZodType,
): readonly Problem[] {
  return issues.slice(0, MOST_PROBLEMS).flatMap((issue) => {
    if (issue.code === 'invalid_union') return unionProblems(issue, where, schema);
    const path = pathText(where, issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.slice(0, MOST_PROBLEMS).map((key) => ({
        path: pathText(where, [...issue.path, key.slice(0, 64)]),
        message: `is not known.${didYouMean(key.slice(0, 64), keysAt(schema, issue.path))}`,
      }));
    }
    return [{ path, message: messageOf(issue) }];
  });
}

/** Of a union, the problems of the branch that comes nearest: the one that the fewest things are wrong with. */
function unionProblems(
  issue: z.core.$ZodIssueInvalidUnion,
  where: string,
  schema: z.ZodType,
): readonly Problem[] {
  const base = [where, ...issue.path.map(String)].filter((part) => part !== '').join('.');
  const branches = issue.errors
    .map((errors, index) => ({ errors, branch: optionOf(schema, index) }))
    .filter(({ errors }) => errors.length > 0)
    .toSorted((a, b) => weight(a.errors) - weight(b.errors));
  const [nearest] = branches;
  if (!nearest) return [{ path: base === '' ? 'the body' : base, message: 'is not valid' }];
  return problemsOf(nearest.errors, base, nearest.branch ?? schema);
}

/** A wrong wrapper (unknown or missing key at the top) is further away than a wrong value inside the right one. */
function weight(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce(
    (sum, issue) =>
      sum +
      (issue.code === 'unrecognized_keys' ? issue.keys.length * 2 : 1) +
      (issue.path.length === 0 && issue.code === 'invalid_type' ? 10 : 0),
    0,
  );
}

function optionOf(schema: z.ZodType, index: number): z.ZodType | undefined {
  const options: unknown = schema instanceof z.ZodUnion ? schema.options[index] : undefined;
  return options instanceof z.ZodType ? options : undefined;
}

/** The members that are known at a path below a schema, over all branches of unions. */
function keysAt(schema: unknown, [first, ...rest]: readonly PropertyKey[]): readonly string[] {
  if (schema instanceof z.ZodUnion)
    return schema.options.flatMap((option) =>
      keysAt(option, first === undefined ? [] : [first, ...rest]),
    );
  if (schema instanceof z.ZodOptional)
    return keysAt(schema.unwrap(), first === undefined ? [] : [first, ...rest]);
  if (schema instanceof z.ZodArray) return keysAt(schema.element, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  if (first === undefined) return Object.keys(schema.shape);
  return keysAt(schema.shape[String(first)], rest);
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return 'is missing';
  if (issue.code === 'invalid_type') return `must be ${article(issue.expected)}`;
  if (issue.code === 'too_big') return `must ${sizeOf(issue.origin, 'at most', issue.maximum)}`;
  if (issue.code === 'too_small') return `must ${sizeOf(issue.origin, 'at least', issue.minimum)}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  const [first = '', ...rest] = issue.message.replace(/^Invalid input: /, '');
  return `${first.toLowerCase()}${rest.join('')}`;
}

/** `be at most 1000`, `have at least 1 entries`. */
function sizeOf(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${bound} ${limit} characters`;
  if (origin === 'array') return `have ${bound} ${limit} entries`;
  return `be ${bound} ${limit}`;
}

/** What was expected, as a person says it. */
function article(expected: string): string {
  if (expected === 'int') return 'a whole number';
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}

function pathText(where: string, path: readonly PropertyKey[]): string {
  const text = [where, ...path.map(String)].filter((part) => part !== '').join('.');
  return text === '' ? 'the body' : text;
}
