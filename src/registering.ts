import { checkDefinition } from './definition/check-definition.ts';
import { developmentVersion } from './definition/development-version.ts';
import { loadDefinitions } from './definition/load-definitions.ts';
import type { Registry } from './definition/registry.ts';
import type { LoadedDefinition, TaskDefinition } from './definition/task-definition.ts';
import type { ResolvedOptions } from './config/resolve.ts';
import { listStoredDefinitions } from './engine/stored-definitions.ts';
import { STEP_KINDS } from './handlers/kinds.ts';
import { loadHandler } from './handlers/load.ts';
import type { HandlerRegistry } from './handlers/registry.ts';
import type { Modules, ModuleSource } from './kernel/modules.ts';
import { BACKOFF_STRATEGIES } from './retry/backoff.ts';
import type { Runtime } from './runtime.ts';
import type { Tasker } from './tasker-interface.ts';

/** What registering works with. */
export interface RegisteringParts {
  readonly options: ResolvedOptions;
  readonly registry: Registry;
  readonly handlers: HandlerRegistry;
  readonly modules: Modules;
  readonly runtime: Runtime;
}

/** Rows of one look at the stored definitions. */
const PAGE = 1_000;

/**
 * `tasker.register`.
 *
 * I1: everything that can be wrong is told before the first definition is added, and before the first module is replaced.
 */
export function registering(parts: RegisteringParts): Tasker['register'] {
  const { registry, modules, runtime } = parts;
  return async (source, { fresh = false } = {}) => {
    const reading = fresh ? modules.fresh() : null;
    const offered = offeredBy(parts, reading ?? modules);
    const found = typeof source === 'string' ? await loadDefinitions(source, offered) : [source];
    const loaded: LoadedDefinition[] = [];
    for (const one of found) {
      await checkBeforeUse(one, offered);
      loaded.push(fresh ? developmentVersion(one, await knownHashes(parts, one.definition)) : one);
    }
    reading?.adopt();
    const added = loaded.map((one) => registry.add(one, { isEdited: fresh }).definition);
    runtime.reconsider();
    return added;
  };
}

/** @throws INVALID_DEFINITION for names that nothing is registered under; HANDLER_NOT_LOADED for a file that does not give its handler */
async function checkBeforeUse(loaded: LoadedDefinition, offered: Offered): Promise<void> {
  checkDefinition(loaded, offered);
  for (const { handler } of loaded.definition.steps) {
    if (handler.from === 'file') await loadHandler(handler.path, handler.export, offered.modules);
  }
}

type Offered = ReturnType<typeof offeredBy>;

function offeredBy({ options, handlers }: RegisteringParts, modules: ModuleSource) {
  return {
    environment: options.environment,
    kinds: STEP_KINDS,
    strategies: new Set(BACKOFF_STRATEGIES.keys()),
    hasHandler: (name: string) => handlers.get(name) !== undefined,
    handlerNames: handlers.names(),
    modules,
  };
}

/** The content that this version has already, in this process and in the database. */
async function knownHashes(
  { registry, runtime }: RegisteringParts,
  { namespace, name, version }: TaskDefinition,
): Promise<readonly string[]> {
  const here = registry.exact(namespace, name, version)?.definition.contentHash;
  const hashes = here === undefined ? [] : [here];
  const parts = runtime.current?.parts;
  let after: number | undefined;
  while (parts !== undefined) {
    const asked = { namespace, name, limit: PAGE, ...(after === undefined ? {} : { after }) };
    const page = await listStoredDefinitions(parts, asked);
    const stored = page.find((one) => one.version === version);
    if (stored !== undefined) return [...hashes, stored.contentHash];
    if (page.length < PAGE) break;
    after = page.at(-1)?.definitionId;
  }
  return hashes;
}
