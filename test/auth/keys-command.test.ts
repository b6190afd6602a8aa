import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import type { Toolbox } from '../../src/cli/toolbox.ts';
import type { Tasker } from '../../src/tasker-interface.ts';
import { recordedIo } from '../cli/recorded-io.ts';
import { describeOnEachDatabase } from '../support/each-database.ts';
import { startEngine, type Engine } from '../support/engine.ts';

const KEY = /^tk_[a-z2-7]{8}_[A-Za-z0-9_-]{43}\n$/;

describeOnEachDatabase('tasker keys', (database) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(database, { worker: false });
  });
  afterAll(() => engine.finish());

  async function run(...args: readonly string[]) {
    const io = recordedIo({ variables: { DATABASE_URL: 'postgres://test' } });
    const nothing = (): Promise<void> => Promise.resolve();
    // The suite's engine goes on: a command starts and stops only what stands for it.
    const tasker = Object.create(engine.tasker, {
      start: { value: nothing },
      stop: { value: nothing },
    }) as Tasker; // sound: everything else is inherited
    const needed: Partial<Toolbox> = {
      createTasker: () => Promise.resolve(tasker),
      version: () => '0.0.0',
    };
    const toolbox = needed as Toolbox; // sound: these commands need nothing else
    const exitCode = await runCli(['keys', ...args], io, toolbox);
    return { exitCode, stdout: io.stdout(), stderr: io.stderr() };
  }

  test('create prints the key alone to standard output and nothing secret beside it', async () => {
    const made = await run(
      'create',
      '--name',
      'ci',
      '--grant',
      'submitter',
      'tasks:list',
      '--expires',
      '90d',
    );

    expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(KEY) });
    expect(made.stderr).toMatch(/^key [a-z2-7]{8} {2}ci {2}submitter tasks:list\nexpires 20/);
    expect(made.stderr).not.toContain(made.stdout.trim().slice(12));
    expect((await engine.tasker.apiKeys.authenticate(made.stdout.trim()))?.id).toContain(':ci');
    const [stored] = await engine.tasker.apiKeys.list();
    expect(stored).toMatchObject({ createdBy: 'ann' });
  });

  test('create --json has the key once, in snake_case, and nothing on standard error', async () => {
    const made = await run(
      'create',
      '--name',
      'shop',
      '--grant',
      'viewer',
      '--namespace',
      'shop',
      '--actor',
      'bob',
      '--json',
    );

    const document = JSON.parse(made.stdout) as Record<string, unknown>; // sound: looked at below
    expect(document).toMatchObject({
      name: 'shop',
      grants: ['viewer'],
      namespaces: ['shop'],
      created_by: 'bob',
      expires_at: null,
      state: 'active',
    });
    expect(`${String(document['secret'])}\n`).toMatch(KEY);
    expect(made.stderr).toBe('');
  });

  test('list shows every key and never a secret', async () => {
    const made = (await run('create', '--name', 'listed', '--grant', 'tasks:*')).stdout.trim();

    const listed = await run('list');
    expect(listed.stdout).toMatch(
      /^ID\tNAME\tSTATE\tGRANTS\tNAMESPACES\tEXPIRES\tLAST USED\tCREATED BY\n/,
    );
    expect(listed.stdout).toContain(
      `${made.slice(3, 11)}\tlisted\tactive\ttasks:*\tall\t-\t-\tann`,
    );
    const json = await run('list', '--json');
    for (const { stdout } of [listed, json]) expect(stdout).not.toContain(made.slice(12));
    expect(JSON.parse(json.stdout)).toMatchObject({
      keys: expect.arrayContaining([expect.objectContaining({ name: 'listed', revoked_at: null })]),
    });
  });

  test('rotate prints the successor, and revoke ends a key', async () => {
    const old = (await run('create', '--name', 'turning', '--grant', 'viewer')).stdout.trim();

    const next = await run('rotate', old.slice(3, 11), '--overlap', '1h');
    expect(next.stdout).toMatch(KEY);
    for (const key of [old, next.stdout.trim()])
      expect(await engine.tasker.apiKeys.authenticate(key)).not.toBe(null);

    const revoked = await run('revoke', old.slice(3, 11), '--json');
    expect(JSON.parse(revoked.stdout)).toMatchObject({
      key: { state: 'revoked', revoked_by: 'ann', replaced_by: next.stdout.slice(3, 11) },
    });
    expect(await engine.tasker.apiKeys.authenticate(old)).toBe(null);
  });

  test.each([
    [
      'an unknown grant',
      ['create', '--name', 'a', '--grant', 'operater'],
      'Did you mean "operator"?',
    ],
    ['a bare star', ['create', '--name', 'a', '--grant', '*'], '"*" is neither a role'],
    ['no grant', ['create', '--name', 'a'], "required option '--grant <grant...>' not specified"],
    [
      'a wrong duration',
      ['create', '--name', 'a', '--grant', 'viewer', '--expires', 'soon'],
      'Give a number and a unit',
    ],
    ['an unknown key', ['revoke', 'aaaaaaaa'], 'API_KEY_NOT_FOUND'],
  ])('%s ends with 2', async (_, args, message) => {
    const before = await engine.tasker.apiKeys.list();

    const ended = await run(...args);

    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toContain(message);
    expect(await engine.tasker.apiKeys.list()).toHaveLength(before.length);
  });
});
