import { TaskerError } from '../kernel/errors.ts';
import type { StepHandler } from '../model/handler-context.ts';
import { isStepHandler } from './bind-handler.ts';

/** Handlers by the name that definitions use; any text is a name. */
export interface HandlerRegistry {
  /** @throws TaskerError `INVALID_OPTION` when it is no handler, or the name belongs to another one that it shall not replace */
  add(name: string, handler: unknown, options?: { readonly replace?: boolean }): void;
  get(name: string): StepHandler | undefined;
  /** In the order of registration. */
  names(): readonly string[];
}

/** Makes a registry of its own: two engines in one process share no handlers. */
export function createHandlerRegistry(
  initial: Readonly<Record<string, unknown>> = {},
): HandlerRegistry {
  const handlers = new Map<string, StepHandler>();
  const registry: HandlerRegistry = {
    add(name, handler, { replace = false } = {}) {
      const option = `handlers[${JSON.stringify(name)}]`;
      if (name.trim() === '')
        throw new TaskerError('INVALID_OPTION', { option, problem: 'the name is empty' });
      if (!isStepHandler(handler)) {
        throw new TaskerError('INVALID_OPTION', {
          option,
          problem: `expected a function, a class or an object with call(ctx), got ${kindOf(handler)}`,
        });
      }
      const known = handlers.get(name);
      if (known !== undefined && known !== handler && !replace) {
        throw new TaskerError('INVALID_OPTION', {
          option,
          problem: 'another handler already has this name',
        });
      }
      handlers.set(name, handler);
    },
    get: (name) => handlers.get(name),
    names: () => [...handlers.keys()],
  };
  for (const [name, handler] of Object.entries(initial)) registry.add(name, handler);
  return registry;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object without call' : typeof value;
}
