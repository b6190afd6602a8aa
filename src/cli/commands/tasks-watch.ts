import type { Command } from 'commander';
import { isTaskSettled } from '../../model/status.ts';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { follow } from '../follow.ts';
import { STOP_EXIT_CODES } from '../io.ts';
import { createProgressView } from '../output/live.ts';
import { exitCodeOf, printOutcome } from '../output/outcome.ts';
import { taskId } from '../parse-arguments.ts';
import { withTasks } from '../session.ts';
import { stopSignal } from '../stop-signal.ts';

/** `tasker tasks watch`: shows a task that others work on. */
export function addWatchCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('watch')
    .description(
      'Shows a task until it is settled; workers elsewhere run it. With --json, one document per event.\n' +
        'Exit code: 0 complete, 1 error or cancelled, 130 interrupted (the task goes on).',
    )
    .argument('<task-id>', 'the id of the task');
  perform<object>(command, cli, watch);
}

async function watch(invocation: Invocation<object>): Promise<number> {
  const { args, screen, io } = invocation;
  const id = taskId(args[0] ?? '');
  const stop = stopSignal(io);
  try {
    return await withTasks(invocation, async (tasker) => {
      const view = createProgressView(screen);
      const progress = await follow({ tasker, taskId: id, view, io, signal: stop.signal });
      if (progress === null || !isTaskSettled(progress.task.status)) {
        screen.remark(`  no longer watching; task ${id} goes on by itself`);
        return stop.exitCode() ?? STOP_EXIT_CODES.SIGINT;
      }
      if (!screen.json) printOutcome(progress, screen);
      return exitCodeOf(progress.task.status);
    });
  } finally {
    stop.release();
  }
}
