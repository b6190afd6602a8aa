import type { ProblemDto } from '../../src/contract/dto/problem.ts';
import type { Document, Operation } from './document.ts';
import { INSIDE, type Answer } from './lab.ts';

/** Statuses that depend on the address alone, whatever the operation. */
const OF_ADDRESS = ['400', '403', '404', '405', '421'];
const MOST_BYTES = 4_096;

/** Judges answers by the document alone; the operation of a request is found as a router finds it. */
export interface Oracle {
  /** The operation that a method and a path name; null when they name none. */
  operationOf(method: string, pathname: string): Operation | null;
  /** What is wrong with an answer; an empty list when nothing is. */
  faultsOf(
    request: { readonly method: string; readonly pathname: string },
    answer: Answer,
  ): readonly string[];
}

/** @param secrets texts that no answer may contain: addresses and paths of this machine */
export function createOracle(document: Document, secrets: readonly string[]): Oracle {
  const isProblem = document.validator(document.resolve('#/components/schemas/Problem'));
  const routes = document.operations.map((operation) => ({
    operation,
    segments: operation.path.split('/').slice(1),
  }));
  const operationOf: Oracle['operationOf'] = (method, pathname) => {
    const asked = pathname.replace(/\/$/, '').split('/').slice(1);
    const found = routes.filter(
      ({ segments, operation }) =>
        operation.method === (method === 'HEAD' ? 'GET' : method) &&
        segments.length === asked.length &&
        segments.every((one, at) => (one.startsWith('{') ? asked[at] !== '' : one === asked[at])),
    );
    return found[0]?.operation ?? null;
  };
  return {
    operationOf,
    faultsOf({ method, pathname }, answer) {
      const operation = operationOf(method, pathname);
      const problem = isProblem(answer.json) ? (answer.json as ProblemDto) : null; // sound: just checked
      return [
        ...ofStatus(operation, answer, problem),
        ...(method === 'HEAD' ? [] : ofBody(document, operation, { answer, problem })),
        ...ofHeaders(answer),
        ...(answer.status >= 400 ? ofSecrets(answer.text, secrets) : []),
      ];
    },
  };
}

function ofStatus(
  operation: Operation | null,
  { status, text }: Answer,
  problem: ProblemDto | null,
): readonly string[] {
  const isProbe = operation?.path.startsWith('/health/') === true;
  if (status >= 500 && !(isProbe && status === 503)) return [`${status}: ${text.slice(0, 300)}`];
  if (operation === null)
    return OF_ADDRESS.includes(String(status)) ? [] : [`${status} for what is not documented`];
  const documented = operation.responses[String(status)];
  if (documented === undefined) return [`${status} ${problem?.code ?? ''} is not documented`];
  const codes = (documented as { readonly description?: string }).description ?? ''; // sound: OpenAPI
  return problem !== null && !codes.split(', ').includes(problem.code)
    ? [`${problem.code} is not documented for ${status}, only ${codes}`]
    : [];
}

function ofBody(
  document: Document,
  operation: Operation | null,
  { answer, problem }: { readonly answer: Answer; readonly problem: ProblemDto | null },
): readonly string[] {
  const { status, headers, text, json } = answer;
  const media = headers.get('content-type')?.split(';')[0] ?? 'none';
  const content = operation?.responses[String(status)]?.content[media];
  const isRefusal = media === 'application/json' && content !== undefined;
  if (status >= 400 && !isRefusal) {
    if (media !== 'application/problem+json') return [`an error as ${media}`];
    if (problem === null) return [`no problem document: ${text.slice(0, 300)}`];
    return [
      ...(problem.status === status ? [] : [`status ${problem.status} inside, ${status} outside`]),
      ...(problem.request_id === headers.get('x-request-id') ? [] : ['another request_id inside']),
      ...(Buffer.byteLength(text) > MOST_BYTES
        ? [`an error of ${Buffer.byteLength(text)} bytes`]
        : []),
    ];
  }
  if (content === undefined) return operation === null ? [] : [`${status} as ${media}`];
  if (media !== 'application/json') return [];
  const validate = document.validator(content.schema);
  return validate(json)
    ? []
    : [`the body does not fit: ${document.explain(validate)} in ${text.slice(0, 300)}`];
}

function ofHeaders({ headers, status }: Answer): readonly string[] {
  const wanted = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  };
  return [
    ...Object.entries(wanted)
      .filter(([name, value]) => headers.get(name) !== value)
      .map(([name]) => `${name} is ${headers.get(name)}`),
    ...(headers.get('cache-control')?.includes('no-store') === true ? [] : ['it may be cached']),
    ...(status === 405 && !headers.has('allow') ? ['405 without Allow'] : []),
    ...(status === 401 && !headers.has('www-authenticate') ? ['401 without WWW-Authenticate'] : []),
  ];
}

/** Names of the library in the place of those on the wire. */
const CAMEL_CASE =
  /\b(bypassSteps|sourceSystem|idempotencyKey|requestedAt|retryLimit|created(From|To)|stepStatus|dependentSystem|ifRevision|expiresIn|sort(By|Order)|upTo|taskIds?)\b/;

/** What an error tells of the inside. */
function ofSecrets(text: string, secrets: readonly string[]): readonly string[] {
  return [
    ...INSIDE.filter((pattern) => pattern.test(text)).map(
      (pattern) => `it shows ${pattern}: ${text}`,
    ),
    ...(CAMEL_CASE.test(text) ? [`it names what is not on the wire: ${text}`] : []),
    ...secrets.filter((secret) => text.includes(secret)).map((secret) => `it shows ${secret}`),
  ];
}
