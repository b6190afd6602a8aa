import { didYouMean } from '../kernel/nearest.ts';
import type { KindRules } from './kind-rules.ts';
import type { DefinitionProblem, ProblemCode } from './problem.ts';
import { throwProblems } from './problem.ts';
import type { LoadedDefinition, StepTemplate } from './task-definition.ts';

/** What a process offers to definitions. */
export interface Offered {
  readonly kinds: ReadonlyMap<string, KindRules>;
  /** Names of the backoff strategies. */
  readonly strategies: ReadonlySet<string>;
  /** Whether a handler is registered under a name. Without it, handler names are not looked up. */
  readonly hasHandler?: (name: string) => boolean;
  /** The registered names, for suggestions. @default none */
  readonly handlerNames?: Iterable<string>;
}

/**
 * Checks a definition in code against what this process offers: kinds, strategies and named handlers. `defineTask` runs before any of
 * these are known, so this belongs to its registration; definitions in YAML have been checked while they were read.
 *
 * @throws INVALID_DEFINITION with every problem
 */
export function checkDefinition(loaded: LoadedDefinition, offered: Offered): void {
  const { definition } = loaded;
  const source = `defineTask(${JSON.stringify(definition.name)})`;
  const problems = definition.steps.flatMap((step) =>
    stepProblems(step, loaded.customBackoffs.has(step.position), offered).map(
      ({ code, message }): DefinitionProblem => {
        const text = `${source}, step ${JSON.stringify(step.name)}: ${message}`;
        return { code, file: source, line: 0, column: 0, message, excerpt: '', text };
      },
    ),
  );
  throwProblems(source, problems);
}

interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
}

function stepProblems(step: StepTemplate, hasFunction: boolean, offered: Offered): Problem[] {
  const { kinds, strategies, hasHandler, handlerNames } = offered;
  const problems: Problem[] = [];
  const rules = kinds.get(step.kind);
  if (!rules)
    problems.push({ code: 'UNKNOWN_KIND', message: `there is no kind of step "${step.kind}".` });
  if (rules?.code === 'required' && step.handler.from === 'none')
    problems.push({ code: 'REQUIRED', message: 'a handler is required.' });
  if (rules?.code === 'none' && step.handler.from !== 'none') {
    problems.push({
      code: 'HANDLER_CONFIG',
      message: `a step of kind "${step.kind}" takes no handler.`,
    });
  }
  for (const fault of rules?.checkConfig(step.config) ?? []) {
    problems.push({
      code: 'HANDLER_CONFIG',
      message: `handlerConfig${fault.path === '' ? '' : `.${fault.path}`} ${fault.message}.`,
    });
  }
  const isCustom = step.backoff.strategy === 'custom' && hasFunction;
  if (!isCustom && !strategies.has(step.backoff.strategy)) {
    problems.push({
      code: 'UNKNOWN_STRATEGY',
      message: `there is no backoff "${step.backoff.strategy}".${didYouMean(step.backoff.strategy, strategies)}`,
    });
  }
  if (step.handler.from === 'registry' && hasHandler?.(step.handler.name) === false) {
    const { name } = step.handler;
    problems.push({
      code: 'UNKNOWN_HANDLER',
      message: `no handler is registered under the name "${name}".${didYouMean(name, handlerNames ?? [])}`,
    });
  }
  return problems;
}
