/** Every metric, without its prefix: what kind it is, its labels, and what it says. The guide's table is checked against this. */
export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

const TASK = ['namespace', 'name'] as const;
/** Where a count of rows stops: with full counts of everything a scrape takes 26 ms of the database; ten times as many took 350 ms. */
export const MOST_COUNTED = 10_000;
const CAPPED = `, at most ${MOST_COUNTED}`;

export const METRICS = {
  tasks_created_total: {
    type: 'counter',
    labels: TASK,
    help: 'Tasks that this process created',
  },
  tasks_completed_total: {
    type: 'counter',
    labels: TASK,
    help: 'Tasks that became complete in this process',
  },
  tasks_failed_total: {
    type: 'counter',
    labels: TASK,
    help: 'Tasks that this process settled as error; a task that is retried and fails again counts again',
  },
  tasks_cancelled_total: {
    type: 'counter',
    labels: TASK,
    help: 'Tasks that became cancelled in this process',
  },
  tasks_resolved_total: {
    type: 'counter',
    labels: TASK,
    help: 'Tasks that were resolved by hand in this process',
  },
  attempts_total: {
    type: 'counter',
    labels: [...TASK, 'outcome'],
    help: 'Attempts of steps by outcome; lost ones are counted by the process that took them from a lost worker',
  },
  attempt_duration_seconds: {
    type: 'histogram',
    labels: ['queue', 'outcome'],
    help: 'How long the handlers ran',
  },
  queue_wait_seconds: {
    type: 'histogram',
    labels: ['queue'],
    help: 'How long steps that came from the queue could have been claimed before they were',
  },
  late_results_total: {
    type: 'counter',
    labels: [],
    help: 'Results that were refused because the step was no longer held by this worker',
  },
  lease_losses_total: {
    type: 'counter',
    labels: [],
    help: 'Times that the worker of this process was declared lost',
  },
  worker_slots: {
    type: 'gauge',
    labels: [],
    help: 'Steps that the worker of this process can run at once',
  },
  worker_slots_busy: {
    type: 'gauge',
    labels: [],
    help: 'Steps that the worker of this process is running or preparing',
  },
  database_up: {
    type: 'gauge',
    labels: [],
    help: '1 when the database answered the last look, at most 5 s ago; otherwise 0, and the gauges of the database are missing',
  },
  database_connections: {
    type: 'gauge',
    labels: ['state'],
    help: 'Connections of the pool of this process, busy and idle',
  },
  database_connection_waiters: {
    type: 'gauge',
    labels: [],
    help: 'Statements of this process that wait for a connection',
  },
  ready_steps: {
    type: 'gauge',
    labels: ['queue'],
    help: `Steps that could be claimed now${CAPPED} per queue`,
  },
  oldest_ready_age_seconds: {
    type: 'gauge',
    labels: ['queue'],
    help: 'How long the oldest of the steps that are counted as ready could have been claimed',
  },
  waiting_steps: {
    type: 'gauge',
    labels: [],
    help: `Steps that wait for the time of their retry${CAPPED}`,
  },
  open_tasks: {
    type: 'gauge',
    labels: [],
    help: `Tasks that are pending or in progress${CAPPED}`,
  },
  failed_tasks: {
    type: 'gauge',
    labels: [],
    help: `Tasks in status error among the newest ${MOST_COUNTED} that failed or were cancelled`,
  },
  workers_alive: {
    type: 'gauge',
    labels: [],
    help: 'Workers of all processes whose lease is valid',
  },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof METRICS;
