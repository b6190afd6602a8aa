import { GraphQLError, GraphQLScalarType, valueFromASTUntyped, type ValueNode } from 'graphql';
import { gateJson } from '../../../kernel/json.ts';

/** Any JSON value, as a literal (`{cart_id: 17}`) or in a variable. */
export const JsonType = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => value,
  // A variable came in with the body, which has passed the gate.
  parseValue: (value) => value,
  parseLiteral(node, variables) {
    checkNumbers(node);
    const value: unknown = valueFromASTUntyped(node, variables);
    const gated = gateJson(value, {
      maxBytes: 1_048_576,
      maxDepth: 100,
      maxNodes: 100_000,
      refuseForbiddenKeys: true,
    });
    if (!gated.ok) throw new GraphQLError(`JSON cannot be kept: ${gated.path} ${gated.problem}`);
    return value;
  },
});

/** Reading a number must not make another number of it. @throws GraphQLError */
function checkNumbers(node: ValueNode): void {
  if (node.kind === 'ListValue') node.values.forEach(checkNumbers);
  if (node.kind === 'ObjectValue') node.fields.forEach(({ value }) => checkNumbers(value));
  if (node.kind === 'IntValue' && !Number.isSafeInteger(Number(node.value)))
    throw new GraphQLError('JSON cannot be kept: it has a number of more than 53 bits');
}
