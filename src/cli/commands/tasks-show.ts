import type { Command } from 'commander';
import { perform } from '../command.ts';
import type { Cli, Invocation } from '../command.ts';
import { readProgress } from '../follow.ts';
import { annotationDocument, attemptDocument, operatorEntryDocument } from '../output/documents.ts';
import { outcomeDocument } from '../output/outcome.ts';
import type { ReportFacts } from '../output/task-report.ts';
import { taskReport } from '../output/task-report.ts';
import { taskId } from '../parse-arguments.ts';
import { withTasks } from '../session.ts';

/** `tasker tasks show`: one task with everything that is known about it. */
export function addShowCommand(parent: Command, cli: Cli): void {
  const command = parent
    .command('show')
    .description(
      'Shows a task: its steps and why they wait, results, the last errors, every attempt, who intervened, annotations.',
    )
    .argument('<task-id>', 'the id of the task');
  perform<object>(command, cli, show);
}

async function show(invocation: Invocation<object>): Promise<number> {
  const { args, screen, io } = invocation;
  const id = taskId(args[0] ?? '');
  const facts = await withTasks(invocation, async (tasker): Promise<ReportFacts> => {
    const progress = await readProgress(tasker, id);
    const [workers, operatorLog, annotations] = await Promise.all([
      tasker.workers(),
      tasker.operatorLog(id),
      tasker.annotations(id),
    ]);
    return { progress, workers, operatorLog, annotations };
  });
  if (screen.json) {
    screen.document({
      ...outcomeDocument({ ...facts, now: io.now() }),
      attempts: facts.progress.attempts.map(attemptDocument),
      operator_log: facts.operatorLog.map(operatorEntryDocument),
      annotations: facts.annotations.map(annotationDocument),
    });
  } else {
    for (const line of taskReport(facts, screen, io.now())) screen.print(line);
  }
  return 0;
}
