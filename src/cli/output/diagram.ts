/** Mermaid flowcharts of definitions and runs. */
import type { TaskDefinition } from '../../definition/task-definition.ts';
import { splitWorkflowStepId } from '../../model/task.ts';
import { stepLine } from './explain.ts';
import type { Mark, Progress } from './explain.ts';
import { oneLine } from './text.ts';

interface Node {
  readonly position: number;
  readonly lines: readonly string[];
  readonly parents: readonly number[];
  /** A class of the flowchart, which gives it its colour. */
  readonly look: Mark | 'plain';
}

/** Fill, border and text colour of each class; readable on light and dark pages. */
const LOOKS: Readonly<Record<Node['look'], string>> = {
  plain: 'fill:#eef2ff,stroke:#4f46e5,color:#1e1b4b',
  done: 'fill:#dcfce7,stroke:#16a34a,color:#14532d',
  running: 'fill:#dbeafe,stroke:#2563eb,color:#1e3a8a',
  retrying: 'fill:#fef3c7,stroke:#d97706,color:#78350f',
  failed: 'fill:#fee2e2,stroke:#dc2626,color:#7f1d1d',
  waiting: 'fill:#f3f4f6,stroke:#6b7280,color:#1f2937',
  skipped: 'fill:#f9fafb,stroke:#9ca3af,color:#4b5563,stroke-dasharray:4',
  cancelled: 'fill:#e5e7eb,stroke:#6b7280,color:#374151,stroke-dasharray:4',
};

/** The flowchart of a definition. */
export function definitionDiagram(definition: TaskDefinition): string {
  const nodes = definition.steps.map((step): Node => {
    const attempts =
      step.retryable && step.retryLimit > 1 ? [`up to ${step.retryLimit} attempts`] : [];
    const skippable = step.skippable ? ['may be skipped'] : [];
    const lines = [step.name, ...attempts, ...skippable];
    return { position: step.position, lines, parents: step.parents, look: 'plain' };
  });
  return flowchart(`${definition.namespace}/${definition.name} ${definition.version}`, nodes);
}

/** The flowchart of a run: each step with its state. */
export function taskDiagram(progress: Progress, now: Date): string {
  const nodes = progress.steps.map((step): Node => {
    const { mark, name, note } = stepLine(step, { progress, now });
    const parents = step.parentIds.map((id) => splitWorkflowStepId(id).position);
    return { position: step.position, lines: [name, note], parents, look: mark };
  });
  const { task } = progress;
  return flowchart(
    `task ${task.taskId}: ${task.namespace}/${task.name} ${task.version}, ${task.status}`,
    nodes,
  );
}

function flowchart(title: string, nodes: readonly Node[]): string {
  const used = new Set(nodes.map((node) => node.look));
  return [
    '---',
    `title: ${JSON.stringify(oneLine(title))}`,
    '---',
    'flowchart TD',
    ...nodes.map(
      (node) => `  s${node.position}["${node.lines.map(escapeText).join('<br/>')}"]:::${node.look}`,
    ),
    ...nodes.flatMap((node) => node.parents.map((parent) => `  s${parent} --> s${node.position}`)),
    ...[...used].map((look) => `  classDef ${look} ${LOOKS[look]}`),
  ].join('\n');
}

/** Text that mermaid shows as it is: everything but letters, digits and harmless marks becomes a numbered entity. */
function escapeText(text: string): string {
  return text.replaceAll(
    /[^\p{L}\p{N} ._,:/+-]/gu,
    (character) => `#${character.codePointAt(0) ?? 32};`,
  );
}
