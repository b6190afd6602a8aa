import { GraphQLError, GraphQLScalarType } from 'graphql';
import { momentText } from '../../../contract/scalars.ts';

/** A moment: RFC 3339, in UTC where it is answered. */
export const DateTimeType = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  description: 'A moment such as 2026-01-31T12:00:00.000Z (RFC 3339).',
  serialize(value) {
    if (value instanceof Date) return value.toISOString();
    throw new TypeError('A DateTime is made of a Date');
  },
  parseValue: checked,
  parseLiteral: (node) => checked('value' in node ? node.value : null),
});

/** The text itself: it is read where the rest of the request is. */
function checked(value: unknown): string {
  const answer = momentText.safeParse(value);
  if (answer.success && typeof value === 'string') return value;
  throw new GraphQLError('DateTime must be a moment such as 2026-01-31T12:00:00Z');
}
