import { isTaskerError, TaskerError } from '../kernel/errors.ts';
import type { Permission } from '../contract/permissions.ts';
import type { Principal, Resource } from '../contract/principal.ts';
import type { TaskFilter } from '../engine/list-types.ts';
import type { Actor, Task } from '../model/task.ts';
import type { Tasker } from '../tasker-interface.ts';
import type { PermissionCheck } from './auth/permission-check.ts';
import type { Sight } from './wire/sight.ts';

/** No task in particular. */
const ANYTHING: Resource = { namespace: null, taskId: null };

/** What the answers come from. */
interface AccessParts {
  readonly check: PermissionCheck;
  readonly tasker: Pick<Tasker, 'task'>;
  /** Finds out anew who makes the request; null when they are nobody any more. */
  readonly recognise: () => Promise<Principal | null>;
}

/**
 * What one caller may do, asked by REST, GraphQL and event streams alike.
 *
 * I1: the table of permissions is asked first, then the host; an error or silence of the host means no.
 * I2: a task of a namespace that the caller may not see does not exist for them.
 */
export class Access {
  readonly principal: Principal;
  readonly #parts: AccessParts;
  readonly #answers = new Map<string, Promise<boolean>>();

  constructor(principal: Principal, parts: AccessParts) {
    this.principal = principal;
    this.#parts = parts;
  }

  /** The namespaces that lists are limited to, as a part of a filter. */
  get scope(): { readonly namespaces?: readonly string[] } {
    const { namespaces } = this.principal;
    return namespaces === null ? {} : { namespaces };
  }

  /**
   * The filter within the namespaces of the caller. Whoever may not see contexts and annotations may not search them either: the
   * answer would tell what is in them.
   * @throws FORBIDDEN
   */
  async filter(filter: TaskFilter): Promise<TaskFilter> {
    if (filter.context !== undefined || filter.annotation !== undefined)
      await this.require('tasks:read_context');
    return { ...filter, ...this.scope };
  }

  /** Who acts, and why, for the operator log. */
  actor(reason?: string): Actor {
    return { actor: this.principal.id, ...(reason === undefined ? {} : { reason }) };
  }

  isInScope(namespace: string): boolean {
    return this.principal.namespaces === null || this.principal.namespaces.includes(namespace);
  }

  /** Whether the caller may do this, to this. Asked at most once per request for the same thing. */
  can(permission: Permission, resource: Resource = ANYTHING): Promise<boolean> {
    const key = `${permission} ${resource.namespace ?? ''} ${resource.taskId ?? ''}`;
    const known = this.#answers.get(key);
    if (known) return known;
    const answer = this.#parts.check(this.principal, permission, resource).then(
      () => true,
      (error: unknown) => {
        if (isTaskerError(error, 'FORBIDDEN')) return false;
        throw error;
      },
    );
    this.#answers.set(key, answer);
    return answer;
  }

  /** The same, asked afresh: of a caller whose stream is open for long, and who may have lost their key since. */
  async still(permission: Permission, resource: Resource = ANYTHING): Promise<boolean> {
    try {
      const principal = await this.#parts.recognise();
      if (principal === null || !this.#isCoveredBy(principal)) return false;
      await this.#parts.check(principal, permission, resource);
      return true;
    } catch {
      return false; // fails closed: whoever cannot be recognised now sees nothing more
    }
  }

  /** Whether whoever they are now may see every namespace that they could see when the request began. */
  #isCoveredBy({ namespaces }: Principal): boolean {
    if (namespaces === null) return true;
    return this.principal.namespaces?.every((name) => namespaces.includes(name)) ?? false;
  }

  /** @throws FORBIDDEN, AUTHENTICATOR_FAILED */
  async require(permission: Permission, resource: Resource = ANYTHING): Promise<void> {
    if (!(await this.can(permission, resource))) throw new TaskerError('FORBIDDEN', { permission });
  }

  /** The task, if it exists for the caller and they may do this to it. @throws TASK_NOT_FOUND, FORBIDDEN, AUTHENTICATOR_FAILED */
  async task(taskId: number, permission: Permission): Promise<Task> {
    if (!this.principal.permissions.has(permission))
      throw new TaskerError('FORBIDDEN', { permission });
    const task = await this.#parts.tasker.task(taskId);
    if (!this.isInScope(task.namespace)) throw new TaskerError('TASK_NOT_FOUND', { taskId });
    await this.require(permission, { namespace: task.namespace, taskId });
    return task;
  }

  /** What of a payload the caller may see: of one task, or of the tasks of a list. */
  async sight(resource: Resource = ANYTHING): Promise<Sight> {
    const [context, results] = await Promise.all([
      this.can('tasks:read_context', resource),
      this.can('steps:read_results', resource),
    ]);
    return { context, results };
  }
}
