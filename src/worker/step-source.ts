import { dirname, resolve } from 'node:path';
import type { HandlerRef, StepTemplate, TaskDefinition } from '../definition/task-definition.ts';
import type { Registry } from '../definition/registry.ts';
import type { PinnedDefinition, PinnedDefinitions } from '../engine/pinned-definitions.ts';
import { STEP_KINDS } from '../handlers/kinds.ts';
import { loadHandler } from '../handlers/load.ts';
import type { HandlerRegistry } from '../handlers/registry.ts';
import type { KindServices } from '../handlers/step-kind.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { ModuleSource } from '../kernel/modules.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { compileJsonSchema } from '../kernel/schema.ts';
import type { StepHandler } from '../model/handler-context.ts';
import type { ServedDefinition, ServedStep, StepSource, Unservable } from './serve.ts';

export interface StepSourceParts {
  readonly pinned: PinnedDefinitions;
  readonly registry: Registry;
  readonly handlers: HandlerRegistry;
  readonly modules: ModuleSource;
  readonly services: KindServices;
}

/**
 * Binds pinned definitions to the code of this process.
 *
 * A task keeps the definition that it was born with. Its code is found so: handlers by name and by file are looked up as they are
 * now, files beside the definition as this process loaded it (another release or machine has it elsewhere); inline handlers come from the same version, or, where neither version was declared, from the newest one's step of that name.
 */
export function createStepSource(parts: StepSourceParts): StepSource & { forget(): void } {
  const served = new Map<number, ServedDefinition>();
  return {
    peek: (definitionId) => served.get(definitionId),
    async get(definitionId, queues) {
      const known = served.get(definitionId);
      if (known) return known;
      const answer = await serve(parts, await parts.pinned.get(definitionId), queues);
      if (!('problem' in answer)) served.set(definitionId, answer);
      return answer;
    },
    forget: () => served.clear(),
  };
}

async function serve(
  parts: StepSourceParts,
  pinned: PinnedDefinition,
  queues: readonly string[],
): Promise<ServedDefinition | Unservable> {
  const { definition } = pinned;
  const steps: (ServedStep | null)[] = [];
  for (const template of definition.steps) {
    try {
      steps.push(await serveStep(parts, template, pinned));
    } catch (error) {
      if (!(error instanceof TaskerError)) throw error;
      if (queues.includes(template.queue))
        return {
          problem: `${definition.namespace}/${definition.name}@${definition.version}: ${error.message}`,
        };
      steps.push(null);
    }
  }
  return { pinned, steps };
}

async function serveStep(
  parts: StepSourceParts,
  template: StepTemplate,
  pinned: PinnedDefinition,
): Promise<ServedStep> {
  const kind = STEP_KINDS.get(template.kind);
  if (!kind)
    throw new TaskerError('UNKNOWN_HANDLER', {
      handler: template.kind,
      step: template.name,
      suggestion: didYouMean(template.kind, STEP_KINDS.keys()),
    });
  const loaded = parts.registry.codeFor(pinned.definition, template.name);
  const at = loaded === undefined ? undefined : positionOf(loaded.definition, template);
  const { namespace, name } = pinned.definition;
  const handler = await findHandler(parts, template, {
    inline: at === undefined ? undefined : loaded?.inlineHandlers.get(at),
    here: (loaded ?? parts.registry.newest(namespace, name))?.source ?? null,
  });
  const aliasOf = new Map(
    Object.entries((at === undefined ? undefined : loaded?.aliases.get(at)) ?? {}).map(
      ([alias, position]) => [loaded?.definition.steps[position]?.name, alias],
    ),
  );
  return {
    template,
    run: kind.bind(template.config, handler, parts.services),
    customBackoff: (at === undefined ? undefined : loaded?.customBackoffs.get(at)) ?? null,
    aliases: template.parents.map(
      (parent) =>
        aliasOf.get(pinned.definition.steps[parent]?.name) ??
        pinned.definition.steps[parent]?.name ??
        '',
    ),
    checkResult: template.resultSchema === null ? null : compileJsonSchema(template.resultSchema),
  };
}

/** Where a step of this name is in another version; mostly where it is here. */
function positionOf(
  { steps }: TaskDefinition,
  { name, position }: StepTemplate,
): number | undefined {
  if (steps[position]?.name === name) return position;
  return steps.find((step) => step.name === name)?.position;
}

async function findHandler(
  parts: StepSourceParts,
  template: StepTemplate,
  { inline, here }: { readonly inline: StepHandler | undefined; readonly here: string | null },
): Promise<StepHandler | null> {
  const { handler, name } = template;
  switch (handler.from) {
    case 'none':
      return null;
    case 'file':
      return loadHandler(fileHere(handler, here), handler.export, parts.modules);
    case 'registry': {
      const found = parts.handlers.get(handler.name);
      if (found) return found;
      throw new TaskerError('UNKNOWN_HANDLER', {
        handler: handler.name,
        step: name,
        suggestion: didYouMean(handler.name, parts.handlers.names()),
      });
    }
    case 'code':
      if (inline) return inline;
      throw new TaskerError('UNKNOWN_HANDLER', {
        handler: `${name} (given in code)`,
        step: name,
        suggestion: '',
      });
  }
}

/** The module of a handler: where the author wrote it, seen from the definition's file in this process. */
function fileHere(handler: Extract<HandlerRef, { from: 'file' }>, here: string | null): string {
  const [file = ''] = handler.text.split('#');
  return here === null ? handler.path : resolve(dirname(here), file);
}
