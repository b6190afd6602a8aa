import { GraphQLScalarType } from 'graphql';

/** A number of an object that does not fit into the 32 bits of Int. It is answered only; arguments take an ID. */
export const BigIntType = new GraphQLScalarType<number, number>({
  name: 'BigInt',
  description: 'A whole number of up to 53 bits, as a JSON number.',
  serialize(value) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw new TypeError('A BigInt is made of a whole number');
  },
});
