import {
  GraphQLBoolean,
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLNullableType,
} from 'graphql';
import { BigIntType } from './big-int.ts';
import { DateTimeType } from './date-time.ts';

/** The types of fields that are always there. */
export const ID = new GraphQLNonNull(GraphQLID);
export const INT = new GraphQLNonNull(GraphQLInt);
export const BIG_INT = new GraphQLNonNull(BigIntType);
export const TEXT = new GraphQLNonNull(GraphQLString);
export const YES_OR_NO = new GraphQLNonNull(GraphQLBoolean);
export const MOMENT = new GraphQLNonNull(DateTimeType);
export const TEXTS = new GraphQLNonNull(listOf(GraphQLString));

/** A list without holes. It may itself be missing: an error in it does not take away what surrounds it. */
export function listOf<Type extends GraphQLNullableType>(
  type: Type,
): GraphQLList<GraphQLNonNull<Type>> {
  return new GraphQLList(new GraphQLNonNull(type));
}
