import { ENDPOINTS } from '../contract/index.ts';
import type { Endpoint } from '../contract/endpoint.ts';
import { exchange } from './exchange.ts';
import { resolveClientOptions, type ClientOptions } from './options.ts';
import type { AnyCall } from './outgoing.ts';
import type { TaskerClient } from './types.ts';
import { watch } from './watch.ts';

/**
 * Makes a client of the interface: one method for every endpoint, under its name, for Node and for browsers.
 *
 * ```ts
 * const client = createClient({ url: 'https://tasks.example/tasker', apiKey });
 * const { task } = await client.createTask({ body: { name: 'process_order', context: { cart_id: 3 } } });
 * for await (const { event, data } of client.watchTask({ params: { task_id: task.task_id }, query: { until: 'settled' } })) …
 * ```
 *
 * Methods reject with the `TaskerError` that the server tells (branch on `code`), with REQUEST_FAILED or REQUEST_TIMEOUT when there is no
 * answer, and with REMOTE_ERROR for an answer that is not the interface's.
 *
 * @throws INVALID_OPTION, INVALID_DURATION
 */
export function createClient(options: ClientOptions): TaskerClient {
  const settings = resolveClientOptions(options);
  const methods = Object.entries(ENDPOINTS).map(([name, declared]) => {
    const endpoint: Endpoint = declared;
    const method = isStream(endpoint)
      ? (call: AnyCall = {}) => watch(settings, endpoint, call)
      : (call: AnyCall = {}) => exchange(settings, endpoint, call);
    return [name, method] as const;
  });
  return Object.freeze(Object.fromEntries(methods)) as unknown as TaskerClient; // sound: the answers are checked by the endpoints' own declarations
}

function isStream({ answers }: Endpoint): boolean {
  return Object.values(answers).some(
    (answer) => 'media' in answer && answer.media === 'text/event-stream',
  );
}
