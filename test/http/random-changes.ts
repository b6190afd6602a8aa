import fc from 'fast-check';
import type { Json } from '../../src/kernel/json.ts';
import type { Operation } from './document.ts';
import {
  BROKEN_BODIES,
  METHODS,
  ODD,
  ODD_HEADERS,
  ODD_PARAMETERS,
  ODD_SEGMENTS,
  ODD_TEXTS,
} from './odd-values.ts';

/** One request, as text: what is sent, with `@task#17` and the like where an id of something stored belongs. */
export interface Draft {
  readonly operation: Operation;
  /** As the document allows it, with one thing changed, or with several. */
  readonly kind: 'valid' | 'near' | 'wild';
  readonly method: string;
  /** Of the path, below the base path; encoded as sent. */
  readonly segments: readonly string[];
  /** Encoded as sent. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly host: string;
  readonly body: Body;
}

export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'text'; readonly text: string | Uint8Array<ArrayBuffer> };

/** No body at all. */
export const NOTHING: Body = { kind: 'none' };

/** A change of a request that may make it wrong. */
type Change = (draft: Draft) => Draft;

/** Any change of any request. */
export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: changeOfBody() },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom(...ODD_SEGMENTS))
      .map(([at, text]): Change => (draft) => ({
        ...draft,
        segments: put(draft.segments, at, text),
      })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(), fc.constantFrom(...ODD_TEXTS))
      .map(([at, text]): Change => (draft) => {
        const [name = 'limit'] = draft.query[at % Math.max(1, draft.query.length)] ?? [];
        const rest = draft.query.filter(([one]) => one !== name);
        return { ...draft, query: [...rest, [name, text]] };
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...ODD_PARAMETERS)
      .map((parameter): Change => (draft) => ({ ...draft, query: [...draft.query, parameter] })),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Change>((draft) => ({
      ...draft,
      query: [...draft.query, ...draft.query],
    })),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(...ODD_HEADERS).map(([name, value]): Change => (draft) => ({
      ...draft,
      headers: { ...draft.headers, [name]: value },
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...METHODS)
      .map((method): Change => (draft) => ({ ...draft, method })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('evil.example', '127.0.0.1:80', '[::1]')
      .map((host): Change => (draft) => ({ ...draft, host })),
  },
);

function changeOfBody(): fc.Arbitrary<Change> {
  const json = { 'content-type': 'application/json' };
  const inside = (how: (value: Json) => Json): Change => {
    return (draft) =>
      draft.body.kind === 'json'
        ? { ...draft, body: { kind: 'json', value: how(draft.body.value) } }
        : draft;
  };
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.nat(), fc.constantFrom(...ODD))
        .map(([at, odd]) => inside((value) => replaced(value, { left: at % 12 }, () => odd))),
    },
    {
      weight: 2,
      arbitrary: fc
        .nat()
        .map((at) => inside((value) => replaced(value, { left: at % 12 }, (one) => [one, one]))),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.nat(),
          fc.constantFrom('status', 'task_id', 'created_at', '__proto__x', 'Name', ''),
        )
        .map(([at, key]) =>
          inside((value) =>
            replaced(value, { left: at % 3 }, (one) =>
              isObject(one) ? { ...one, [key]: 'complete' } : one,
            ),
          ),
        ),
    },
    { weight: 2, arbitrary: fc.nat().map((at) => inside((value) => withoutOne(value, at))) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...BROKEN_BODIES).map((text): Change => (draft) => ({
        ...draft,
        body: { kind: 'text', text },
        headers: { ...json, ...draft.headers },
      })),
    },
    { weight: 1, arbitrary: fc.constant<Change>((draft) => ({ ...draft, body: NOTHING })) },
  );
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value with its n-th part (in the order of reading, itself first) made into another. */
function replaced(value: Json, count: { left: number }, make: (part: Json) => Json): Json {
  if (count.left === 0) {
    count.left = -1;
    return make(value);
  }
  if (count.left > 0) count.left -= 1;
  if (count.left < 0 || typeof value !== 'object' || value === null) return value;
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, replaced(one, count, make)]),
    );
  return value.map((one) => replaced(one, count, make));
}

function withoutOne(value: Json, at: number): Json {
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  const gone = keys[at % Math.max(1, keys.length)];
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== gone));
}

function put(segments: readonly string[], at: number, text: string): readonly string[] {
  // Mostly where an id is: other words only lead to 404.
  const ids = segments.flatMap((segment, index) => (segment.startsWith('@') ? [index] : []));
  const place = ids.length > 0 ? ids[at % ids.length] : at % (segments.length + 1);
  return place === segments.length
    ? [...segments, text]
    : segments.map((segment, index) => (index === place ? text : segment));
}
