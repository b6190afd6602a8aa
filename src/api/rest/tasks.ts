import type { TaskListRequest } from '../../engine/list-types.ts';
import type { Task, TaskAnnotation } from '../../model/task.ts';
import type { Access } from '../access.ts';
import type { ApiParts } from '../parts.ts';
import type { Handlers } from '../route.ts';
import { toOperatorEntryDto, toDefinitionGraphDto } from '../wire/catalog.ts';
import { filterOfQuery } from '../wire/filter.ts';
import { toAttemptDto } from '../wire/step.ts';
import { toAnnotationDto, toTaskDto } from '../wire/task.ts';
import { createMany, createOne } from './create.ts';
import { decodeCursor, encodeCursor, listOf } from './cursor.ts';
import { ifRevision } from './if-match.ts';

type TaskHandlers = Pick<
  Handlers,
  | 'listTasks'
  | 'createTask'
  | 'getTask'
  | 'updateTask'
  | 'deleteTask'
  | 'cancelTask'
  | 'retryTask'
  | 'resetTask'
  | 'resolveTask'
  | 'getTaskDefinition'
  | 'listAttempts'
  | 'listOperatorLog'
  | 'listAnnotations'
  | 'annotateTask'
>;

export const taskHandlers: TaskHandlers = {
  async listTasks({ query, access, parts }) {
    const { tasker } = parts;
    const filter = await access.filter(filterOfQuery(query));
    const list = listOf(query);
    const request: TaskListRequest = {
      ...filter,
      sortBy: query.sort_by ?? 'task_id',
      sortOrder: query.sort_order ?? 'asc',
      ...(query.limit === undefined ? {} : { limit: query.limit }),
      ...(query.offset === undefined ? {} : { offset: query.offset }),
      ...(query.cursor === undefined ? {} : { after: decodeCursor(query.cursor, list) }),
    };
    const [page, total] = await Promise.all([
      tasker.tasks(request),
      query.count === 'no' ? null : tasker.countTasks(filter),
    ]);
    return {
      status: 200,
      body: {
        tasks: await embedded(page.tasks, query.embed ?? 'all', { access, parts }),
        ...(total === null ? {} : { total: total.count, total_exact: total.exact }),
        next_cursor: page.next === null ? null : encodeCursor(page.next, list),
      },
    };
  },

  async createTask({ body, access, parts }) {
    if ('tasks' in body) {
      const created = await createMany(body.tasks, { access, parts });
      return {
        status: 201,
        body: {
          tasks: created.map(({ taskId, created: isNew }) => ({ task_id: taskId, created: isNew })),
        },
      };
    }
    const request = 'task' in body ? body.task : body;
    const { taskId, created } = await createOne(request, { access, parts });
    const stored = await parts.tasker.task(taskId);
    const task = await whole(stored, { access, parts, annotations: created ? [] : undefined });
    return created ? { status: 201, body: { task } } : { status: 200, body: { task } };
  },

  async getTask({ task, access, parts }) {
    return {
      status: 200,
      headers: { etag: `"${task.revision}"` },
      body: { task: await whole(task, { access, parts }) },
    };
  },

  async updateTask({ task, body, request, access, parts }) {
    const { reason, tags } = 'task' in body ? body.task : body;
    const changed = await parts.tasker.updateTask(task.taskId, {
      ...(reason === undefined ? {} : { reason }),
      ...(tags === undefined ? {} : { tags }),
      ...ifRevision(request, `Task ${task.taskId}`),
    });
    return {
      status: 200,
      headers: { etag: `"${changed.revision}"` },
      body: { task: await whole(changed, { access, parts }) },
    };
  },

  async deleteTask({ task, access, parts }) {
    if (task.status !== 'cancelled') await parts.tasker.cancelTask(task.taskId, access.actor());
    return { status: 200, body: { cancelled: true } };
  },

  async cancelTask({ task, body, access, parts }) {
    const changed = await parts.tasker.cancelTask(task.taskId, access.actor(body?.reason));
    return { status: 200, body: { task: await whole(changed, { access, parts }) } };
  },

  async retryTask({ task, body, access, parts }) {
    const changed = await parts.tasker.retryTask(task.taskId, access.actor(body?.reason));
    return { status: 200, body: { task: await whole(changed, { access, parts }) } };
  },

  async resetTask({ task, body, access, parts }) {
    const changed = await parts.tasker.resetTask(task.taskId, access.actor(body?.reason));
    return { status: 200, body: { task: await whole(changed, { access, parts }) } };
  },

  async resolveTask({ task, body, access, parts }) {
    const changed = await parts.tasker.resolveTask(task.taskId, access.actor(body?.reason));
    return { status: 200, body: { task: await whole(changed, { access, parts }) } };
  },

  async getTaskDefinition({ task, parts }) {
    const stored = await parts.tasker.storedDefinition(task.definitionId);
    return { status: 200, body: { definition: toDefinitionGraphDto(stored) } };
  },

  async listAttempts({ task, access, parts }) {
    const [attempts, sight] = await Promise.all([
      parts.tasker.attempts(task.taskId),
      access.sight({ namespace: task.namespace, taskId: task.taskId }),
    ]);
    return {
      status: 200,
      body: { attempts: attempts.map((attempt) => toAttemptDto(attempt, sight)) },
    };
  },

  async listOperatorLog({ task, access, parts }) {
    const [entries, sight] = await Promise.all([
      parts.tasker.operatorLog(task.taskId),
      access.sight({ namespace: task.namespace, taskId: task.taskId }),
    ]);
    return {
      status: 200,
      body: { entries: entries.map((entry) => toOperatorEntryDto(entry, sight)) },
    };
  },

  async listAnnotations({ task, parts }) {
    const annotations = await parts.tasker.annotations(task.taskId);
    return { status: 200, body: { annotations: annotations.map(toAnnotationDto) } };
  },

  async annotateTask({ task, body, access, parts }) {
    await parts.tasker.annotate(task.taskId, body.annotation_type, body.annotation);
    const { context } = await access.sight({ namespace: task.namespace, taskId: task.taskId });
    const annotations = await parts.tasker.annotations(task.taskId);
    return {
      status: 201,
      body: context ? { annotations: annotations.map(toAnnotationDto) } : {},
    };
  },
};

interface Context {
  readonly access: Access;
  readonly parts: ApiParts;
}

/** The task with its steps and annotations, as this caller may see them. A task that was just created has no annotations to read. */
async function whole(
  task: Task,
  {
    access,
    parts,
    annotations: known,
  }: Context & { readonly annotations?: readonly TaskAnnotation[] | undefined },
) {
  const resource = { namespace: task.namespace, taskId: task.taskId };
  const [steps, annotations, sight, seesSteps] = await Promise.all([
    parts.tasker.steps(task.taskId),
    known ?? parts.tasker.annotations(task.taskId),
    access.sight(resource),
    access.can('steps:read', resource),
  ]);
  return toTaskDto(task, sight, seesSteps ? { steps, annotations } : undefined);
}

/** The tasks of a page with their steps and annotations: two statements, whatever the number of tasks. */
async function embedded(tasks: readonly Task[], embed: 'all' | 'none', { access, parts }: Context) {
  const sight = await access.sight();
  if (embed === 'none' || !(await access.can('steps:read')))
    return tasks.map((task) => toTaskDto(task, sight));
  const ids = tasks.map((task) => task.taskId);
  const [steps, annotations] = await Promise.all([
    parts.tasker.stepsOfTasks(ids),
    sight.context ? parts.tasker.annotationsOfTasks(ids) : null,
  ]);
  return tasks.map((task) =>
    toTaskDto(task, sight, {
      steps: steps.get(task.taskId) ?? [],
      annotations: annotations?.get(task.taskId) ?? [],
    }),
  );
}
