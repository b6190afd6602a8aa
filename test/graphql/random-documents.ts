import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import type { Json } from '../../src/kernel/json.ts';
import { ODD } from '../http/odd-values.ts';

/** Numbers from 0 to 1, the same for the same seed. */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What an argument or input field of this name usually is; without it most documents would name nothing that exists. */
const WORDS: Readonly<Record<string, readonly Json[]>> = {
  taskId: [1, 2, 3, '4'],
  stepId: ['cart', 'pay', 'ship', '65536', '131073'],
  name: ['shop/order', 'bank/transfer', 'order'],
  namespace: ['shop', 'bank'],
  context: [{}, { cart: 1 }, { fails: true }, '{"cart":2}', { 'cart.id': 1 }],
  status: ['complete', 'error', 'pending'],
  sortBy: ['task_id', 'requested_at', 'created_at'],
  sortOrder: ['asc', 'desc'],
  limit: [1, 2, 5],
  first: [1, 2, 5],
  offset: [0, 1],
  annotationType: ['note'],
  type: ['note'],
  key: ['text'],
  value: ['x'],
  annotation: [{ text: 'x' }, 'x', 1],
  retryLimit: [1, 3],
  inputs: [{ cart: 9 }],
  result: [{ paid: true }, null, 5],
  reason: ['because'],
  bypassSteps: [['pay']],
  requestedAt: ['2026-01-31T12:00:00Z'],
  createdFrom: ['2026-01-31T12:00:00Z'],
  priority: [0, 5],
};

export interface RandomDocument {
  readonly query: string;
  readonly variables: { readonly [name: string]: Json };
}

/** A document that fits the schema, with arguments of which some have no place where they are put. */
export function randomDocument(schema: GraphQLSchema, random: Random): RandomDocument {
  const isMutation = random() < 0.4;
  const root = isMutation ? schema.getMutationType() : schema.getQueryType();
  if (!root) throw new Error('a schema with both');
  const draft: Draft = { random, variables: {}, declared: [] };
  const selection = selectionOf(root, 0, draft);
  const declared = draft.declared.length === 0 ? '' : `(${draft.declared.join(', ')})`;
  return {
    query: `${isMutation ? 'mutation' : 'query'} Q${declared} ${selection}`,
    variables: draft.variables,
  };
}

interface Draft {
  readonly random: Random;
  readonly variables: Record<string, Json>;
  readonly declared: string[];
}

function pick<T>(from: readonly T[], random: Random): T {
  const one = from[Math.floor(random() * from.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

function selectionOf(type: GraphQLObjectType, depth: number, draft: Draft): string {
  const { random } = draft;
  const fields = Object.values(type.getFields());
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
  const from = depth >= 4 && leaves.length > 0 ? leaves : fields;
  const count = 1 + Math.floor(random() * (depth === 0 ? 2 : 4));
  const parts = Array.from({ length: count }, (_, index) => {
    const field = pick(from, random);
    const inner = getNamedType(field.type);
    const alias = depth === 0 || random() < 0.2 ? `f${index}: ` : '';
    const args = field.args.flatMap((argument) => argumentOf(argument, draft));
    const given = args.length === 0 ? '' : `(${args.join(', ')})`;
    const selection = isObjectType(inner) ? ` ${selectionOf(inner, depth + 1, draft)}` : '';
    return `${alias}${field.name}${given}${selection}`;
  });
  return `{ ${parts.join(' ')} }`;
}

function argumentOf(argument: GraphQLArgument, draft: Draft): readonly string[] {
  if (!isRequiredArgument(argument) && draft.random() < 0.6) return [];
  const name = `v${draft.declared.length}`;
  draft.declared.push(`$${name}: ${String(argument.type)}`);
  draft.variables[name] = valueOf(argument.name, argument.type, draft.random);
  return [`${argument.name}: $${name}`];
}

function valueOf(name: string, type: GraphQLInputType, random: Random): Json {
  if (random() < 0.06) return pick(ODD, random);
  const bare = getNullableType(type);
  if (isInputObjectType(bare)) {
    return Object.fromEntries(
      Object.values(bare.getFields())
        .filter((field) => isRequiredInputField(field) || random() < 0.3)
        .map((field) => [field.name, valueOf(field.name, field.type, random)]),
    );
  }
  const isList = isListType(bare);
  const inner = getNamedType(type);
  const words: readonly Json[] = isEnumType(inner)
    ? inner.getValues().map((value) => value.name)
    : (WORDS[name] ?? ['x', 1]);
  const one = pick(words, random);
  return isList && !Array.isArray(one) ? [one] : one;
}
