import type { Command } from 'commander';
import type { DoctorFinding } from '../../engine/types.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { findingDocument } from '../output/documents.ts';
import { oneLine } from '../output/text.ts';
import type { Style } from '../output/text.ts';
import { withTasker } from '../session.ts';

/** `tasker doctor`: health of the database as the engine sees it. */
export function addDoctorCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('doctor')
    .summary('look for trouble in the database and the workers')
    .description(
      'Reports on the server, the schema, durability, clocks, workers, queues and bloat, and says what to do.\n' +
        'Exit code: 0 no problem (warnings are none), 1 otherwise.',
    );
  perform<object>(command, cli, doctor);
}

const LEVELS: Readonly<
  Record<DoctorFinding['level'], { readonly sign: string; readonly paint: keyof Style }>
> = {
  ok: { sign: '✓', paint: 'good' },
  warning: { sign: '!', paint: 'warn' },
  problem: { sign: '✗', paint: 'bad' },
};

async function doctor(invocation: Invocation<object>): Promise<number> {
  const { screen } = invocation;
  const findings = await withTasker(invocation, {}, (tasker) => tasker.doctor());
  const isHealthy = findings.every((finding) => finding.level !== 'problem');
  if (screen.json) {
    screen.document({ ok: isHealthy, findings: findings.map(findingDocument) });
    return isHealthy ? 0 : 1;
  }
  for (const { level, check, message, hint } of findings) {
    const { sign, paint } = LEVELS[level];
    screen.print(`${screen.style[paint](sign)} ${check}  ${oneLine(message)}`);
    if (hint !== undefined) screen.print(`    ${oneLine(hint)}`);
  }
  return isHealthy ? 0 : 1;
}
