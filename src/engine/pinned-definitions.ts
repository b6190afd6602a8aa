import type { Connection, Db } from '../db/db.ts';
import { fromDocument, toDocument } from '../definition/document.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { TaskerError } from '../kernel/errors.ts';
import { childrenOf } from '../model/graph.ts';
import type { Store } from '../store/index.ts';

/** A stored definition with what the engine derives from it. */
export interface PinnedDefinition {
  readonly definitionId: number;
  readonly definition: TaskDefinition;
  /** For every position, the positions that depend on it. */
  readonly children: readonly (readonly number[])[];
  readonly positions: ReadonlyMap<string, number>;
}

/** The definitions that tasks are pinned to: written once per version, then only read and remembered. */
export interface PinnedDefinitions {
  /** Stores a definition, or finds it stored. @throws VERSION_CONFLICT when this version is stored with other content */
  save(definition: TaskDefinition): Promise<PinnedDefinition>;
  /** A stored definition. `connection` is the open transaction, if there is one: PGlite has only one session. */
  get(definitionId: number, connection?: Connection): Promise<PinnedDefinition>;
  /** A definition that was read before. */
  peek(definitionId: number): PinnedDefinition | undefined;
}

export function createPinnedDefinitions(db: Db, store: Store): PinnedDefinitions {
  const byId = new Map<number, PinnedDefinition>();
  const byHash = new Map<string, Promise<PinnedDefinition>>();

  const remember = (definitionId: number, definition: TaskDefinition): PinnedDefinition => {
    const known = byId.get(definitionId) ?? derive(definitionId, definition);
    byId.set(definitionId, known);
    return known;
  };

  const storeOnce = async (definition: TaskDefinition): Promise<PinnedDefinition> => {
    const children = childrenOf(definition.steps.map((s) => s.parents));
    const stored = await store.saveDefinition(db, {
      ...definition,
      document: toDocument(definition),
      steps: definition.steps.map((step) => ({ ...step, children: children[step.position] ?? [] })),
    });
    if (stored.contentHash !== definition.contentHash) {
      throw new TaskerError('VERSION_CONFLICT', {
        name: `${definition.namespace}/${definition.name}`,
        version: definition.version,
      });
    }
    return remember(stored.definitionId, definition);
  };

  return {
    async save(definition) {
      const key = `${definition.namespace}/${definition.name}@${definition.version}#${definition.contentHash}`;
      const pending = byHash.get(key) ?? storeOnce(definition);
      byHash.set(key, pending);
      try {
        return await pending;
      } catch (error) {
        byHash.delete(key); // a failure is not an answer to remember
        throw error;
      }
    },
    async get(definitionId, connection = db) {
      const known = byId.get(definitionId);
      if (known) return known;
      const document = await store.loadDefinition(connection, definitionId);
      if (document === null)
        throw new TaskerError('DEFINITION_NOT_FOUND', { name: `#${definitionId}`, suggestion: '' });
      return remember(definitionId, fromDocument(document));
    },
    peek: (definitionId) => byId.get(definitionId),
  };
}

function derive(definitionId: number, definition: TaskDefinition): PinnedDefinition {
  const parents = definition.steps.map((step) => step.parents);
  return {
    definitionId,
    definition,
    children: childrenOf(parents),
    positions: new Map(definition.steps.map((step) => [step.name, step.position])),
  };
}

/**
 * The children of a step that a completion unlocks: those that are not bypassed. A step without any is a leaf of its task, even when
 * the definition gives it children.
 */
export function openChildren(
  pinned: PinnedDefinition,
  position: number,
  bypassed: ReadonlySet<number>,
): readonly number[] {
  const children = pinned.children[position] ?? [];
  return bypassed.size === 0 ? children : children.filter((child) => !bypassed.has(child));
}

/** The positions of bypassed steps, from their names. */
export function bypassedPositions(
  pinned: PinnedDefinition,
  names: readonly string[],
): ReadonlySet<number> {
  return names.length === 0
    ? NONE
    : new Set(names.flatMap((name) => pinned.positions.get(name) ?? []));
}

const NONE: ReadonlySet<number> = new Set();
