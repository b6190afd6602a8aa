import type { GraphQLFieldConfig, GraphQLFieldConfigArgumentMap, GraphQLOutputType } from 'graphql';
import type { Permission } from '../../contract/permissions.ts';
import type { Resource } from '../../contract/principal.ts';
import type { Task } from '../../model/task.ts';
import type { GraphqlContext } from './context.ts';

/** A field before it is guarded: what it is, and where it comes from. */
interface Unguarded<Resolve> {
  readonly type: GraphQLOutputType;
  readonly description: string;
  readonly args?: GraphQLFieldConfigArgumentMap;
  /** How many entries a list of objects is estimated to have; see `ListSize`. */
  readonly size?: ListSize;
  readonly resolve: Resolve;
}

/**
 * How many entries a list of objects has, before anything is read: as many as the argument `limit` or `first` says, as many as the
 * page that it belongs to, or so many by experience.
 */
export type ListSize = 'limit' | 'first' | 'page' | number;

/** What a field of the schema carries for the checks around it. */
export interface FieldExtensions {
  readonly permission?: Permission;
  readonly size?: ListSize;
}

type Resolver<Source, Arguments> = (
  source: Source,
  args: Arguments,
  context: GraphqlContext,
) => unknown;

/** A field that needs a permission in general: lists and whatever is not about one task. */
export function guarded<Arguments>(
  permission: Permission,
  field: Unguarded<(args: Arguments, context: GraphqlContext) => unknown>,
): GraphQLFieldConfig<unknown, GraphqlContext, Arguments> {
  return withResolver(permission, field, async (_, args, context) => {
    await context.access.require(permission);
    return field.resolve(args, context);
  });
}

/** A field about the task that its arguments name: it exists for the caller, and they may do this to it. */
export function guardedTask<Arguments>(
  permission: Permission,
  taskIdOf: (args: Arguments) => number,
  field: Unguarded<(task: Task, args: Arguments, context: GraphqlContext) => unknown>,
): GraphQLFieldConfig<unknown, GraphqlContext, Arguments> {
  return withResolver(permission, field, async (_, args, context) => {
    const task = await context.access.task(taskIdOf(args), permission);
    context.loaders.know([task]);
    return field.resolve(task, args, context);
  });
}

/** A field of an object of which the caller may see the rest: without the permission it is null, and one error says so. */
export function guardedPart<Source>(
  permission: Permission,
  resourceOf: (source: Source, context: GraphqlContext) => Resource | Promise<Resource>,
  field: Unguarded<(source: Source, context: GraphqlContext) => unknown>,
): GraphQLFieldConfig<Source, GraphqlContext> {
  const config = withResolver<Source, unknown>(permission, field, () => null);
  return {
    ...config,
    async resolve(source, _, context) {
      const resource = await resourceOf(source, context);
      const isSeen = await context.access.can(permission, resource);
      if (!isSeen) return context.hidden(field, permission);
      return field.resolve(source, context);
    },
  };
}

function withResolver<Source, Arguments>(
  permission: Permission,
  { type, description, args, size }: Unguarded<unknown>,
  resolve: Resolver<Source, Arguments>,
): GraphQLFieldConfig<Source, GraphqlContext, Arguments> {
  const extensions: FieldExtensions = { permission, ...(size === undefined ? {} : { size }) };
  return {
    type,
    description,
    ...(args === undefined ? {} : { args }),
    extensions: { ...extensions },
    resolve,
  };
}
