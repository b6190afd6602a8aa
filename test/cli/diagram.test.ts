import { expect, test } from 'vitest';
import { definitionDiagram, taskDiagram } from '../../src/cli/output/diagram.ts';
import { NOW, sampleDefinition, sampleProgress, sampleStep } from './samples.ts';

test('a run is a flowchart whose steps are coloured by their state', () => {
  const steps = [
    sampleStep(0, { name: 'fetch_cart', status: 'complete' }),
    sampleStep(1, { name: 'create_order', parents: [0], status: 'error', attempts: 3 }),
  ];
  expect(taskDiagram(sampleProgress(steps, { task: { status: 'error' } }), NOW)).toBe(
    [
      '---',
      'title: "task 12: default/order 1.0.0, error"',
      '---',
      'flowchart TD',
      '  s0["fetch_cart<br/>complete"]:::done',
      '  s1["create_order<br/>failed after 3 attempts"]:::failed',
      '  s0 --> s1',
      '  classDef done fill:#dcfce7,stroke:#16a34a,color:#14532d',
      '  classDef failed fill:#fee2e2,stroke:#dc2626,color:#7f1d1d',
    ].join('\n'),
  );
});

test('no name can break out of its box', () => {
  const diagram = definitionDiagram(
    sampleDefinition(['a"]; click s0 "javascript:alert(1)" <b>#1</b>\n end']),
  );
  const box = diagram.split('\n').find((line) => line.startsWith('  s0['));
  expect(box).toMatch(/^ {2}s0\["[^"<>]*<br\/>up to 3 attempts"\]:::plain$/);
  expect(diagram.split('\n')).toHaveLength(6);
});

test('a definition shows its dependencies', () => {
  const base = sampleDefinition(['a', 'b', 'c']);
  const steps = base.steps.map((step) => ({ ...step, parents: step.position === 2 ? [0, 1] : [] }));
  const diagram = definitionDiagram({ ...base, steps });
  expect(diagram).toContain('  s0 --> s2\n  s1 --> s2');
});
