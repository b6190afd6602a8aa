import type { Connection, Db } from '../db/db.ts';
import { fromDocument, toDocument } from '../definition/document.ts';
import type { TaskDefinition } from '../definition/task-definition.ts';
import { TaskerError } from '../kernel/errors.ts';
import { childrenOf } from '../model/graph.ts';
import type { StoredVersion } from '../store/definitions/save-definition.ts';
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
  /**
   * A definition that is remembered, or that is stored as this connection sees it: to be asked of a connection that sees nothing that
   * may yet be rolled back. Null when it is not stored. @throws VERSION_CONFLICT
   */
  find(definition: TaskDefinition, connection: Connection): Promise<PinnedDefinition | null>;
  /** A stored definition. `connection` is the open transaction, if there is one: PGlite has only one session. */
  get(definitionId: number, connection?: Connection): Promise<PinnedDefinition>;
  /** A definition that was read before. */
  peek(definitionId: number): PinnedDefinition | undefined;
}

export function createPinnedDefinitions(db: Db, store: Store): PinnedDefinitions {
  const memory = createMemory();
  const saving = new Map<string, Promise<PinnedDefinition>>();

  const storeOnce = async (definition: TaskDefinition): Promise<PinnedDefinition> => {
    const children = childrenOf(definition.steps.map((s) => s.parents));
    const stored = await store.saveDefinition(db, {
      ...definition,
      document: toDocument(definition),
      steps: definition.steps.map((step) => ({ ...step, children: children[step.position] ?? [] })),
    });
    return memory.settle(definition, stored);
  };

  return {
    async save(definition) {
      const known = memory.settled(definition);
      if (known !== undefined) return known;
      const key = keyOf(definition);
      const pending = saving.get(key) ?? storeOnce(definition);
      saving.set(key, pending);
      try {
        return await pending;
      } finally {
        saving.delete(key); // a failure is not an answer to remember, and a success is settled
      }
    },
    async find(definition, connection) {
      // Not one that is being stored: that may wait for the connection that this caller holds.
      const known = memory.settled(definition);
      if (known !== undefined) return known;
      const stored = await store.findDefinition(connection, definition);
      return stored === null ? null : memory.settle(definition, stored);
    },
    async get(definitionId, connection = db) {
      const known = memory.byId(definitionId);
      if (known) return known;
      const document = await store.loadDefinition(connection, definitionId);
      if (document === null)
        throw new TaskerError('DEFINITION_NOT_FOUND', { name: `#${definitionId}`, suggestion: '' });
      return memory.remember(definitionId, fromDocument(document));
    },
    peek: (definitionId) => memory.byId(definitionId),
  };
}

/** What was read or stored before: by id, and those of this process's own definitions by their content. */
function createMemory() {
  const byId = new Map<number, PinnedDefinition>();
  const byContent = new Map<string, PinnedDefinition>();
  const remember = (definitionId: number, definition: TaskDefinition): PinnedDefinition => {
    const known = byId.get(definitionId) ?? derive(definitionId, definition);
    byId.set(definitionId, known);
    return known;
  };
  return {
    remember,
    byId: (definitionId: number) => byId.get(definitionId),
    settled: (definition: TaskDefinition) => byContent.get(keyOf(definition)),
    /** Remembers what is stored under a definition's version. @throws VERSION_CONFLICT when that is something else */
    settle(definition: TaskDefinition, stored: StoredVersion): PinnedDefinition {
      if (stored.contentHash !== definition.contentHash) {
        throw new TaskerError('VERSION_CONFLICT', {
          name: `${definition.namespace}/${definition.name}`,
          version: definition.version,
        });
      }
      const pinned = remember(stored.definitionId, definition);
      byContent.set(keyOf(definition), pinned);
      return pinned;
    },
  };
}

function keyOf({ namespace, name, version, contentHash }: TaskDefinition): string {
  return `${namespace}/${name}@${version}#${contentHash}`;
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
