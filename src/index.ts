/** The public door of tasker-engine. */
export { createTasker } from './tasker.ts';
export { defineTask, isDefinedTask, jsonSchema } from './definition/define-task.ts';
export { RetryableError, PermanentError } from './kernel/handler-errors.ts';
export { TaskerError, isTaskerError, ERROR_CODES } from './kernel/errors.ts';
export { fromDrizzle } from './db/transactions/from-drizzle.ts';
export { fromKnex } from './db/transactions/from-knex.ts';
export { fromKysely } from './db/transactions/from-kysely.ts';
export { fromPg } from './db/transactions/from-pg.ts';
export { fromPostgresJs } from './db/transactions/from-postgres-js.ts';
export { fromPrisma } from './db/transactions/from-prisma.ts';
export { createJsonLogger } from './telemetry/json-logger.ts';
export { VERSION } from './version.ts';

export type { Tasker, TaskHandle, StepName } from './tasker-interface.ts';
export type {
  TaskerOptions,
  WorkerOptions,
  DatabaseOptions,
  MetricsOptions,
} from './config/options.ts';
export type { PoolLike } from './kernel/pool-like.ts';
export type * from './definition/types.ts';
export type {
  LoadedDefinition,
  TaskDefinition,
  StepTemplate,
  HandlerRef,
} from './definition/task-definition.ts';
export type * from './engine/types.ts';
export type { ApiKeyInfo, ApiKeyRequest, ApiKeys, CreatedApiKey } from './engine/api-keys.ts';
export type { CallerTransaction } from './db/transactions/caller-transaction.ts';
export type { CreateOptions } from './engine/create-in-transaction.ts';
export type { TaskChange } from './engine/changes.ts';
export type { TaskProgress, TaskRevision } from './engine/progress.ts';
export type * from './engine/list-types.ts';
export type * from './model/handler-context.ts';
export type * from './model/task.ts';
export type { StepStatus, TaskStatus } from './model/status.ts';
export type { ErrorCode, ErrorDetails } from './kernel/errors.ts';
export type { Json } from './kernel/json.ts';
export type { Logger, LogMethod } from './kernel/logger.ts';
export type { Duration, Milliseconds } from './kernel/duration.ts';
export type { Health, HealthCheck } from './telemetry/health.ts';
export type { JsonLoggerOptions, LogLevel } from './telemetry/json-logger.ts';
export type { MetricsText } from './telemetry/prometheus.ts';
export type { StandardSchema } from './kernel/standard-schema.ts';
export type { BackoffPolicy, CustomBackoff } from './retry/backoff.ts';
