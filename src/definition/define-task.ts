import type { Json } from '../kernel/json.ts';
import { isJsonObject } from '../kernel/json.ts';
import { isStandardSchema } from '../kernel/standard-schema.ts';
import type { TaskRequest } from '../model/task.ts';
import { harmless } from './names.ts';
import { normalize } from './normalize.ts';
import type { DefinitionProblem, Finding, Report } from './problem.ts';
import { throwProblems } from './problem.ts';
import type { CollectedStep, StepCollector } from './step-builder.ts';
import { createCollector, retryDocument } from './step-builder.ts';
import type { TaskDefinition } from './task-definition.ts';
import type {
  ContextSchema,
  DefinedTask,
  IdentityOption,
  TaskResult,
  RequestContext,
  StepHandles,
  StoredContext,
  TaskBuilder,
  TaskOptions,
  TypedJsonSchema,
} from './types.ts';

/**
 * Defines a task in code. `build` adds the steps and returns those whose results make up the task's result.
 *
 * ```ts
 * export const processOrder = defineTask({ name: 'process_order', schema: z.object({ cart_id: z.number() }) }, (t) => {
 *   const cart = t.step('fetch_cart', { retryLimit: 5 }, ({ context }) => getCart(context.cart_id));
 *   const order = t.step('create_order', { dependsOn: { cart } }, ({ deps }) => createOrder(deps.cart));
 *   return { order };
 * });
 * ```
 *
 * The answer is data: nothing runs until it is registered and a task is created.
 *
 * @throws INVALID_DEFINITION with everything that is wrong: names, limits, dependencies, schemas
 */
export function defineTask<
  const Name extends string,
  Schema extends ContextSchema = TypedJsonSchema<unknown>,
  const Built extends StepHandles | void = void,
>(
  options: TaskOptions<Name, Schema>,
  build: (t: TaskBuilder<StoredContext<Schema>>) => Built,
): DefinedTask<Name, RequestContext<Schema>, TaskResult<Built>> {
  const collector = createCollector();
  const result: StepHandles = build(createBuilder(collector)) ?? {};
  const custom = customIdentity(options.identity);
  const definition = normalizeCode(options, { collector, result, custom });
  const byPosition = <Value>(
    pick: (step: CollectedStep, position: number) => Value | null,
  ): ReadonlyMap<number, Value> =>
    new Map(
      collector.steps.flatMap((step, position) => {
        const value = pick(step, position);
        return value === null ? [] : [[position, value] as const];
      }),
    );
  const taskBackoff = typeof options.backoff === 'function' ? options.backoff : null;
  return {
    [DEFINED]: true,
    name: options.name,
    definition,
    source: null,
    inlineHandlers: byPosition((step) => step.handler),
    contextSchema: isStandardSchema(options.schema) ? options.schema : null,
    customIdentity: custom,
    customBackoffs: byPosition((step, position) =>
      definition.steps[position]?.backoff.strategy === 'custom'
        ? (step.backoff ?? taskBackoff)
        : null,
    ),
    aliases: byPosition((step) => (Object.keys(step.aliases).length === 0 ? null : step.aliases)),
    resultPositions: Object.fromEntries(
      Object.entries(result).map(([alias, handle]) => [alias, handle.position]),
    ),
  } satisfies DefinedTask<Name> & Record<typeof DEFINED, true> as DefinedTask<
    Name,
    RequestContext<Schema>,
    TaskResult<Built>
  >; // sound: the types exist for the compiler only, and follow from the same options
}

/** Says which type a JSON Schema describes, for a context that is typed without a schema library. */
export function jsonSchema<Context>(schema: {
  readonly [keyword: string]: Json;
}): TypedJsonSchema<Context> {
  return schema;
}

/** True for what `defineTask` makes, also of another copy of this package. */
export function isDefinedTask(value: unknown): value is DefinedTask {
  return typeof value === 'object' && value !== null && Reflect.get(value, DEFINED) === true;
}

const DEFINED = Symbol.for('tasker-engine.defined-task');

function createBuilder<Context>(collector: StepCollector): TaskBuilder<Context> {
  return {
    step: (name: string, options: object, handler: unknown) =>
      collector.add(name, options, { kind: 'function', handler }),
    api: (name, { handlerConfig, ...options }) =>
      collector.add(
        name,
        { ...options, handlerConfig: { type: 'api', ...handlerConfig } },
        { kind: 'api', handler: undefined },
      ),
  } as TaskBuilder<Context>; // sound: the types of handles exist for the compiler only; names and positions are those given
}

interface CodeParts {
  readonly collector: StepCollector;
  readonly result: StepHandles;
  readonly custom: unknown;
}

function normalizeCode(
  options: TaskOptions<string, ContextSchema>,
  { collector, result, custom }: CodeParts,
): TaskDefinition {
  const source = `defineTask(${JSON.stringify(options.name)})`;
  const problems: DefinitionProblem[] = [];
  const report: Report = (finding) => problems.push(toProblem(source, finding, collector.steps));
  for (const [position, step] of collector.steps.entries()) {
    for (const alias of step.strangers) {
      const message = `"${alias}" in dependsOn is no step of this task`;
      report({ code: 'UNKNOWN_STEP', path: ['steps', position], message });
    }
  }
  for (const [alias, handle] of Object.entries(result)) {
    if (!collector.owns(handle))
      report({
        code: 'UNKNOWN_STEP',
        path: [],
        message: `the result "${alias}" is no step of this task`,
      });
  }
  const document = plainDocument({
    ...taskDocument(options, custom),
    steps: collector.steps.map((step) => step.document),
  });
  const definition = normalize(isJsonObject(document) ? document : {}, {
    report,
    kinds: null,
    strategies: null,
    hasHandler: undefined,
    handlerNames: () => [],
    resolveFile: () => null,
    code: collector.steps,
  });
  throwProblems(source, problems);
  return definition;
}

function taskDocument(
  options: TaskOptions<string, ContextSchema>,
  custom: unknown,
): Record<string, unknown> {
  const {
    defaultDependentSystem,
    identity,
    schema,
    retryLimit,
    retryable,
    backoff,
    queue,
    ...same
  } = options;
  const { strategy = identity, window } = typeof identity === 'object' ? identity : {};
  const named = custom === null ? strategy : 'custom';
  return {
    ...same,
    ...retryDocument({ retryLimit, retryable, backoff, queue }),
    default_dependent_system: defaultDependentSystem,
    schema: isStandardSchema(schema) ? undefined : schema,
    identity:
      named === undefined
        ? undefined
        : { strategy: named, ...(window === undefined ? {} : { window }) },
  };
}

function customIdentity(
  identity: IdentityOption | undefined,
): ((request: TaskRequest) => string) | null {
  const strategy = typeof identity === 'object' ? identity.strategy : identity;
  return typeof strategy === 'function' ? strategy : null;
}

/** Leaves out what is undefined; whatever else is no JSON stays, for the reader of its field to refuse. */
function plainDocument(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plainDocument);
  if (
    typeof value !== 'object' ||
    value === null ||
    Object.getPrototypeOf(value) !== Object.prototype
  ) {
    return value as Json; // sound enough: every field is checked by its reader, which takes nothing on trust
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, plainDocument(member)]),
  );
}

/** Problems of code have no line: they name the step and the option, spelt as in code. */
function toProblem(
  source: string,
  finding: Finding,
  steps: readonly CollectedStep[],
): DefinitionProblem {
  const [first, position] = finding.path;
  const step =
    first === 'steps' && typeof position === 'number' ? steps[position]?.name : undefined;
  const place = step === undefined ? source : `${source}, step ${JSON.stringify(step)}`;
  const field = finding.field === undefined ? '' : `${camelCase(finding.field)} `;
  const hint =
    finding.suggestion === undefined
      ? ''
      : ` Did you mean "${finding.code === 'UNKNOWN_FIELD' ? camelCase(finding.suggestion) : finding.suggestion}"?`;
  const message = harmless(`${field}${finding.message}`);
  return {
    code: finding.code,
    file: source,
    line: 0,
    column: 0,
    message,
    excerpt: '',
    text: `${place}: ${message}.${hint}`,
  };
}

function camelCase(word: string): string {
  return word.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
