-- The data model of Tasker. Everything lives in one schema; {schema} is replaced by its quoted name.
--
-- How to read it: a task is a row of `tasks`, its steps are rows of `workflow_steps`, keyed (task_id, position). A step row is also
-- the current attempt; `step_attempts` holds the past attempts that did not succeed, so that the happy path writes no history.
-- `ready_steps` is the queue: a row in it means "this step may be claimed from ready_at on"; claiming deletes the row.
-- No index of workflow_steps or tasks contains a column that the hot path changes, so those updates stay HOT. Which tasks are open is
-- therefore not an index of tasks but a table beside it, `open_tasks`: one row per task until it settles.
-- Their pages are filled to a part only, so that the versions which a claim and a result leave behind fit beside the row: a step's row is
-- 75 bytes when it is made and about twice that with its result. At 70% two updates of five left their page and wrote every index
-- again, which cost a third of the write-ahead log; and the table was larger at the end than at 30%, measured.
-- No foreign key on the hot tables (one costs a third of the throughput, measured): `tasker verify` holds those laws.

create type {schema}.task_status as enum ('pending', 'in_progress', 'error', 'complete', 'resolved_manually', 'cancelled');
create type {schema}.step_status as enum ('pending', 'in_progress', 'error', 'complete', 'resolved_manually', 'cancelled', 'skipped');
create type {schema}.attempt_outcome as enum ('error', 'timeout', 'lost', 'cancelled');

-- The one clock of the engine. It is inlined, so it costs nothing; a test may replace it to move time.
create function {schema}.clock() returns timestamptz language sql stable
  as 'select pg_catalog.statement_timestamp()';

create table {schema}.task_definitions (
  definition_id integer generated always as identity primary key,
  namespace     text not null,
  name          text not null,
  version       text not null,
  content_hash  text not null,
  document      jsonb not null,
  created_at    timestamptz not null default statement_timestamp(),
  constraint task_definitions_version unique (namespace, name, version)
);

create table {schema}.named_steps (
  definition_id    integer not null references {schema}.task_definitions,
  position         integer not null,
  name             text not null,
  description      text not null,
  dependent_system text not null,
  kind             text not null,
  queue            text not null,
  retryable        boolean not null,
  retry_limit      integer not null check (retry_limit >= 1),
  skippable        boolean not null,
  parents          integer[] not null,
  children         integer[] not null,
  primary key (definition_id, position),
  constraint named_steps_name unique (definition_id, name)
);

create table {schema}.tasks (
  task_id         bigint generated always as identity primary key,
  created_at      timestamptz not null,
  requested_at    timestamptz not null,
  started_at      timestamptz,
  settled_at      timestamptz,
  -- set while the task is in error, cancelled or resolved by hand: what a person may want to look at
  failed_at       timestamptz,
  definition_id   integer not null,
  status          {schema}.task_status not null default 'pending',
  -- steps without children (bypassed ones do not count) that are not yet complete or resolved: the task is complete when this reaches 0
  leaves_left     integer not null check (leaves_left >= 0),
  priority        smallint not null default 0,
  initiator       text not null,
  reason          text not null,
  source_system   text not null,
  idempotency_key text,
  tags            text[] not null default '{}',
  bypass_steps    text[] not null default '{}',
  -- W3C traceparent of the span that created the task, so that an attempt on any machine continues its trace
  trace_context   text,
  context         jsonb not null,
  constraint tasks_trace_context check (length(trace_context) <= 128),
  constraint tasks_settled check ((settled_at is null) = (status in ('pending', 'in_progress'))),
  constraint tasks_failed check ((failed_at is not null) = (status in ('error', 'cancelled', 'resolved_manually')))
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);

create index tasks_failed_at on {schema}.tasks (task_id) where failed_at is not null;
create index tasks_definition on {schema}.tasks (definition_id, task_id);
create index tasks_requested on {schema}.tasks (requested_at, task_id);
-- Finds rare values. A task is entered once, when it is created: nothing of this changes afterwards.
create index tasks_terms on {schema}.tasks using gin (tags, (array[initiator, source_system]), context jsonb_path_ops);

-- The tasks that are not settled: found without an index that settling would have to change.
create table {schema}.open_tasks (
  task_id bigint primary key
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create table {schema}.workflow_steps (
  task_id      bigint not null,
  -- the worker that holds the step, or that completed it; its lease is in {schema}.workers
  worker_id    bigint,
  started_at   timestamptz,
  completed_at timestamptz,
  position     integer not null,
  status       {schema}.step_status not null default 'pending',
  -- parents that do not satisfy this step yet
  waiting_on   integer not null,
  -- runs begun so far, counted at the claim; also the fencing token of the current run
  attempts     integer not null default 0,
  -- set by an operator; null means the definition's
  retry_limit  integer,
  -- true once a step of the task has failed for good or was cancelled: whoever finishes this step must ask whether the task is over
  settles      boolean not null default false,
  inputs       jsonb,
  results      jsonb,
  error        jsonb,
  primary key (task_id, position),
  constraint workflow_steps_held check (status <> 'in_progress' or worker_id is not null),
  constraint workflow_steps_counts check (waiting_on >= 0 and attempts >= 0)
) with (fillfactor = 30, autovacuum_vacuum_scale_factor = 0.02);

create table {schema}.ready_steps (
  task_id       bigint not null,
  ready_at      timestamptz not null,
  position      integer not null,
  definition_id integer not null,
  -- the negated priority, so that one ascending index gives the order of work
  rank          smallint not null,
  -- false while it waits for its time; whoever sees the time come turns it true, so that claims never walk over waiting rows
  due           boolean not null,
  queue         text not null,
  primary key (task_id, position)
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- The order of work: by priority, then the task that was created first, so that tasks that were begun are finished before new ones begin.
create index ready_steps_next on {schema}.ready_steps (queue, rank, task_id, position) where due;
create index ready_steps_later on {schema}.ready_steps (ready_at) where not due;

create table {schema}.step_attempts (
  task_id     bigint not null,
  position    integer not null,
  attempt     integer not null,
  worker_id   bigint,
  outcome     {schema}.attempt_outcome not null,
  started_at  timestamptz not null,
  finished_at timestamptz not null,
  -- when the next attempt may begin; null when none follows by itself
  retry_at    timestamptz,
  error       jsonb,
  primary key (task_id, position, attempt),
  constraint step_attempts_times check (finished_at >= started_at)
);

create table {schema}.workers (
  worker_id        bigint generated always as identity primary key,
  name             text not null,
  hostname         text not null,
  pid              integer not null,
  version          text not null,
  queues           text[] not null,
  slots            integer not null,
  started_at       timestamptz not null,
  heartbeat_at     timestamptz not null,
  lease_expires_at timestamptz not null,
  stopped_at       timestamptz,
  -- set when another worker found the lease lapsed: from then on this worker's writes are refused, and its steps are given back
  lost_at          timestamptz,
  -- set once a worker that was lost or stopped is known to hold nothing: until then its steps are looked for
  emptied_at       timestamptz
) with (fillfactor = 50);

create index workers_watched on {schema}.workers (worker_id) where emptied_at is null;

create table {schema}.operator_log (
  log_id      bigint generated always as identity primary key,
  task_id     bigint not null,
  position    integer,
  created_at  timestamptz not null,
  action      text not null,
  actor       text not null,
  reason      text not null,
  from_status text,
  to_status   text,
  attempts    integer,
  details     jsonb
);

create index operator_log_task on {schema}.operator_log (task_id, log_id);

create table {schema}.task_identities (
  identity_key bytea primary key,
  payload_hash bytea,
  task_id      bigint not null,
  requested_at timestamptz not null,
  expires_at   timestamptz
);

create index task_identities_expiry on {schema}.task_identities (expires_at) where expires_at is not null;

create table {schema}.annotation_types (
  annotation_type_id integer generated always as identity primary key,
  name               text not null unique check (length(name) between 1 and 64),
  description        text not null default ''
);

create table {schema}.task_annotations (
  task_annotation_id bigint generated always as identity primary key,
  task_id            bigint not null,
  -- the step that wrote it; -1 when an operator or the host did
  position           integer not null,
  annotation_type_id integer not null references {schema}.annotation_types,
  annotation         jsonb not null,
  created_at         timestamptz not null,
  constraint task_annotations_once unique (task_id, position, annotation_type_id)
);

create index task_annotations_search on {schema}.task_annotations using gin (annotation jsonb_path_ops);

create table {schema}.dependent_systems (
  dependent_system_id integer generated always as identity primary key,
  name                text not null unique check (length(name) between 1 and 64),
  description         text not null default ''
);

create table {schema}.dependent_system_object_maps (
  object_map_id bigint generated always as identity primary key,
  system_one_id integer not null references {schema}.dependent_systems,
  remote_id_one text not null check (length(remote_id_one) between 1 and 255),
  system_two_id integer not null references {schema}.dependent_systems,
  remote_id_two text not null check (length(remote_id_two) between 1 and 255),
  created_at    timestamptz not null,
  -- the lesser pair is always first, so that the order of the arguments cannot make two rows
  constraint object_maps_ordered check ((system_one_id, remote_id_one) < (system_two_id, remote_id_two)),
  constraint object_maps_once unique (system_one_id, remote_id_one, system_two_id, remote_id_two)
);

create index object_maps_second on {schema}.dependent_system_object_maps (system_two_id, remote_id_two);

-- Keys for programs. The secret itself is stored nowhere: only its SHA-256, which is enough for 32 random bytes.
create table {schema}.api_keys (
  -- the part of the key that may be shown: finds the row
  key_id       text primary key check (key_id ~ '^[a-z2-7]{8}$'),
  digest       bytea not null check (length(digest) = 32),
  name         text not null check (length(name) between 1 and 64),
  grants       text[] not null check (cardinality(grants) > 0),
  -- only tasks of these namespaces exist for the holder; null means all
  namespaces   text[] check (cardinality(namespaces) > 0),
  created_at   timestamptz not null,
  created_by   text not null,
  expires_at   timestamptz,
  -- exact to a minute
  last_used_at timestamptz,
  revoked_at   timestamptz,
  revoked_by   text,
  replaced_by  text references {schema}.api_keys,
  constraint api_keys_revoked check ((revoked_at is null) = (revoked_by is null))
);

-- History is written once. Only a purge that says so may delete.
create function {schema}.refuse_history_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and pg_catalog.current_setting('tasker.purge', true) = 'on' then
    return old;
  end if;
  raise exception 'the history in % is append-only', tg_table_name using errcode = 'raise_exception';
end $$;

create trigger operator_log_append_only before update or delete on {schema}.operator_log
  for each row execute function {schema}.refuse_history_change();
create trigger step_attempts_append_only before update or delete on {schema}.step_attempts
  for each row execute function {schema}.refuse_history_change();
