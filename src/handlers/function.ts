import { TaskerError } from '../kernel/errors.ts';
import { bindHandler } from './bind-handler.ts';
import type { StepKind } from './step-kind.ts';

/** The step of plain code: a function, an object with `call`, or a class. Its `handler_config` is the author's own. */
export const functionKind: StepKind = {
  name: 'function',
  code: 'required',
  checkConfig: () => [],
  bind(config, handler) {
    if (handler === null) {
      throw new TaskerError('HANDLER_NOT_LOADED', {
        handler: 'of a function step',
        problem: 'the step names no handler',
      });
    }
    return bindHandler(handler, config);
  },
};
