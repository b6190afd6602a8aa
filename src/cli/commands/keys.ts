import type { Command } from 'commander';
import type { Milliseconds } from '../../kernel/duration.ts';
import type { ApiKeyInfo, CreatedApiKey } from '../../engine/api-keys.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { table } from '../output/table.ts';
import { duration } from '../parse-arguments.ts';
import type { Screen } from '../screen.ts';
import { withTasker } from '../session.ts';

interface ActorOption {
  readonly actor?: string;
}

interface CreateOptions extends ActorOption {
  readonly name: string;
  readonly grant: readonly string[];
  readonly namespace?: readonly string[];
  readonly expires?: Milliseconds;
}

interface RotateOptions extends ActorOption {
  readonly overlap?: Milliseconds;
}

const ACTOR = ['--actor <who>', 'who acts (default: your user name)'] as const;

/** `tasker keys create|list|rotate|revoke`. */
export function addKeysCommands(parent: Command, cli: Cli): void {
  const keys = parent
    .command('keys')
    .summary('make, list, rotate and revoke API keys of the service')
    .description('Makes, lists, rotates and revokes API keys of the service.');
  addCreate(keys, cli);
  perform<object>(
    keys.command('list').description('Lists the keys, the newest first; never their secrets.'),
    cli,
    list,
  );
  const rotate = keys
    .command('rotate')
    .description(
      'Makes a successor with the same powers and prints it; the old key goes on for the overlap.',
    )
    .argument('<key-id>', 'the id of the key, as the list shows it')
    .option(
      '--overlap <duration>',
      'how long the old key goes on, such as 1h (default: 24h)',
      duration,
    )
    .option(...ACTOR);
  perform<RotateOptions>(rotate, cli, rotateKey);
  const revoke = keys
    .command('revoke')
    .description('Ends a key: a running server notices within 30 seconds.')
    .argument('<key-id>', 'the id of the key, as the list shows it')
    .option(...ACTOR);
  perform<ActorOption>(revoke, cli, revokeKey);
}

function addCreate(keys: Command, cli: Cli): void {
  const create = keys
    .command('create')
    .description('Makes a key and prints it: this is the only time that it is shown.')
    .requiredOption('--name <name>', 'what the key is for; recorded with everything that it does')
    .requiredOption(
      '--grant <grant...>',
      'what it may do: a role (viewer, submitter, operator, admin), a permission (tasks:read) or a resource (tasks:*)',
    )
    .option('--namespace <name...>', 'only tasks of these namespaces (default: all)')
    .option(
      '--expires <duration>',
      'how long it is valid, such as 90d (default: for ever)',
      duration,
    )
    .option(...ACTOR);
  perform<CreateOptions>(create, cli, createKey);
}

async function createKey(invocation: Invocation<CreateOptions>): Promise<number> {
  const { name, grant, namespace, expires } = invocation.options;
  const created = await withTasker(invocation, {}, (tasker) =>
    tasker.apiKeys.create({
      name,
      grants: grant,
      by: actor(invocation),
      ...(namespace === undefined ? {} : { namespaces: namespace }),
      ...(expires === undefined ? {} : { expiresIn: expires }),
    }),
  );
  return show(created, invocation.screen);
}

async function rotateKey(invocation: Invocation<RotateOptions>): Promise<number> {
  const { args, options, screen } = invocation;
  const created = await withTasker(invocation, {}, (tasker) =>
    tasker.apiKeys.rotate(
      args[0] ?? '',
      options.overlap === undefined ? {} : { overlap: options.overlap },
      actor(invocation),
    ),
  );
  return show(created, screen);
}

async function revokeKey(invocation: Invocation<ActorOption>): Promise<number> {
  const { args, screen } = invocation;
  const revoked = await withTasker(invocation, {}, (tasker) =>
    tasker.apiKeys.revoke(args[0] ?? '', actor(invocation)),
  );
  if (screen.json) screen.document({ key: keyDocument(revoked) });
  else screen.print(`key ${revoked.keyId}  ${revoked.name}  ${revoked.state}`);
  return 0;
}

async function list(invocation: Invocation<object>): Promise<number> {
  const { screen } = invocation;
  const keys = await withTasker(invocation, {}, (tasker) => tasker.apiKeys.list());
  if (screen.json) screen.document({ keys: keys.map(keyDocument) });
  else if (keys.length === 0) screen.remark('there is no key; make one with: tasker keys create');
  else screen.print(keyTable(keys, screen));
  return 0;
}

/** The secret goes to standard output and nowhere else, so that `KEY=$(tasker keys create …)` has it and nothing but it. */
function show(created: CreatedApiKey, screen: Screen): number {
  const { key, ...info } = created;
  if (screen.json) {
    screen.document({ ...keyDocument(info), secret: key });
    return 0;
  }
  screen.remark(`key ${info.keyId}  ${info.name}  ${info.grants.join(' ')}`);
  screen.remark(`expires ${info.expiresAt === null ? 'never' : screen.moment(info.expiresAt)}`);
  screen.remark('the key itself, shown this once:');
  screen.print(key);
  return 0;
}

function keyTable(keys: readonly ApiKeyInfo[], screen: Screen): string {
  const { style } = screen;
  return table<ApiKeyInfo>(
    [
      { title: 'ID', cell: (key) => key.keyId, paint: style.strong },
      { title: 'NAME', cell: (key) => key.name },
      {
        title: 'STATE',
        cell: (key) => (key.replacedBy === null ? key.state : `${key.state}, replaced`),
      },
      { title: 'GRANTS', cell: (key) => key.grants.join(' ') },
      { title: 'NAMESPACES', cell: (key) => key.namespaces?.join(' ') ?? 'all' },
      { title: 'EXPIRES', cell: (key) => screen.moment(key.expiresAt) },
      { title: 'LAST USED', cell: (key) => screen.moment(key.lastUsedAt) },
      { title: 'CREATED BY', cell: (key) => key.createdBy, paint: style.faint },
    ],
    keys,
    { width: screen.width, style },
  );
}

function keyDocument(key: ApiKeyInfo): object {
  return {
    key_id: key.keyId,
    name: key.name,
    grants: key.grants,
    namespaces: key.namespaces,
    state: key.state,
    created_at: key.createdAt,
    created_by: key.createdBy,
    expires_at: key.expiresAt,
    last_used_at: key.lastUsedAt,
    revoked_at: key.revokedAt,
    revoked_by: key.revokedBy,
    replaced_by: key.replacedBy,
  };
}

function actor({ options, io }: Invocation<ActorOption>): string {
  return options.actor ?? io.user;
}
