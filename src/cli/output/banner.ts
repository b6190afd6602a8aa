import type { Screen } from '../screen.ts';
import type { Service } from '../service.ts';
import { durabilityText } from './durability.ts';

/** What a service that is ready says of itself. */
export interface ReadyService {
  readonly service: Service;
  readonly about: {
    readonly database: string;
    readonly durability: string;
    readonly schema: string;
  };
  /** The names of the registered tasks. */
  readonly definitions: readonly string[];
  /** What its worker does, in words; null when it has none. */
  readonly worker: string | null;
}

/** Who may come in when callers are asked. */
const ASKED = 'callers need a key or a token (tasker keys create --name … --grant …)';
const NOT_ASKED = 'anybody on this machine may do everything';

/** Lines for people, or one document. */
export function tellReady(ready: ReadyService, screen: Screen): void {
  const { service, about, definitions, worker } = ready;
  if (screen.json) {
    return screen.event({
      event: 'server.ready',
      url: service.url,
      authentication: service.asksWho,
      database: about.database,
      durability: about.durability,
      schema: about.schema,
      definitions,
      worker: worker !== null,
    });
  }
  const { style } = screen;
  const line = (title: string, text: string): void => screen.remark(`  ${title.padEnd(10)}${text}`);
  screen.remark(`${style.good('✓')} ${style.strong(service.url)}   (Ctrl-C drains and stops)`);
  line('API', `${service.url}/tasks`);
  line('GraphQL', `${service.url}/graphql`);
  line('OpenAPI', `${service.url}/openapi.json`);
  line('live', `${service.url}/events`);
  line('probes', `${service.url}/health/live  /health/ready  /health/status`);
  line('metrics', `${service.url}/metrics`);
  line('database', `${about.database}, ${durabilityText(about.durability)}`);
  line('tasks', tasksText(ready));
  line('worker', worker ?? 'none here: tasks are stored, workers elsewhere run them');
  line('access', service.asksWho ? ASKED : NOT_ASKED);
}

function tasksText({ definitions }: ReadyService): string {
  return definitions.length === 0
    ? 'none is defined: those that exist can be looked at, and none can be created'
    : definitions.join(', ');
}

/** What a worker in the same process does. */
export function workerText(worker: {
  readonly queues: readonly string[];
  readonly concurrency: number;
}): string {
  const { queues, concurrency } = worker;
  return `${concurrency} steps at once, of ${queues.length === 1 ? 'queue' : 'queues'} ${queues.join(', ')}`;
}
