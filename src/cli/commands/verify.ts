import type { Command } from 'commander';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { violationDocument } from '../output/documents.ts';
import { oneLine } from '../output/text.ts';
import { taskId } from '../parse-arguments.ts';
import { withTasker } from '../session.ts';

interface VerifyOptions {
  readonly since?: string;
}

/** `tasker verify`: checks the engine's laws over a live database. */
export function addVerifyCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('verify')
    .summary("check the engine's laws over the stored tasks")
    .description(
      'Checks the invariants of the engine over the live database, in one read-only transaction.\n' +
        'Exit code: 0 all hold, 1 a law is broken.',
    )
    .option('--since <task-id>', 'only tasks from this id on');
  perform<VerifyOptions>(command, cli, verify);
}

async function verify(invocation: Invocation<VerifyOptions>): Promise<number> {
  const { options, screen } = invocation;
  const scope = options.since === undefined ? {} : { sinceTaskId: taskId(options.since) };
  const violations = await withTasker(invocation, {}, (tasker) => tasker.verify(scope));
  const holds = violations.length === 0;
  if (screen.json) {
    screen.document({ ok: holds, violations: violations.map(violationDocument) });
    return holds ? 0 : 1;
  }
  const { style } = screen;
  for (const { invariant, title, count, rows } of violations) {
    screen.print(`${style.bad('✗')} ${invariant}  ${title}  (${count} found)`);
    for (const row of rows) screen.print(`    ${oneLine(JSON.stringify(row))}`);
  }
  if (holds) screen.print(`${style.good('✓')} every law holds`);
  return holds ? 0 : 1;
}
