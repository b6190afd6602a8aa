import { taskRequestBody } from '../../contract/task-request.ts';
import { TaskerError } from '../../kernel/errors.ts';
import type { Task } from '../../model/task.ts';
import { parseJsonText } from '../http/json-text.ts';
import { checkedBy } from '../http/read-request.ts';
import { createOne } from '../rest/create.ts';
import type { GraphqlContext } from './context.ts';

/** Creates the task that an input asks for. @throws what creating a task throws */
export async function createTask(
  input: Readonly<Record<string, unknown>>,
  { access, parts }: GraphqlContext,
): Promise<Task> {
  const context = contextOf(input['context']);
  const request = checkedBy(taskRequestBody, { ...input, context }, 'input');
  const { taskId } = await createOne(request, { access, parts });
  return parts.tasker.task(taskId);
}

/** The context, which may be given as JSON text. */
function contextOf(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return parseJsonText(given);
  } catch (error) {
    const problem = 'is text that cannot be read as JSON';
    throw new TaskerError(
      'INVALID_REQUEST',
      {
        problem: `input.context ${problem}`,
        problems: [{ path: 'input.context', message: problem }],
      },
      { cause: error },
    );
  }
}
