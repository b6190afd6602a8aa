import type { Connection } from '../db/db.ts';
import { ALL_PERMISSIONS, ALL_ROLES, unknownGrants } from '../contract/permissions.ts';
import type { Principal } from '../contract/principal.ts';
import { parseDuration, type Duration, type Milliseconds } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';
import { didYouMean } from '../kernel/nearest.ts';
import { redactText } from '../kernel/redact.ts';
import type { ApiKeyRow } from '../store/api-keys/api-key-row.ts';
import { createApiKeyCheck, digestOf } from './api-key-check.ts';
import { checkText, checkTexts, MAX_TEXT } from './check-text.ts';
import type { EngineParts } from './parts.ts';

/** What may be known about an API key: everything but its secret. */
export type ApiKeyInfo = ApiKeyRow;

/** A key at the only moment at which it is known. */
export interface CreatedApiKey extends ApiKeyInfo {
  /** `tk_<id>_<secret>`: show it once; it is stored nowhere. */
  readonly key: string;
}

/** What a new key is made of. */
export interface ApiKeyRequest {
  /** For people, and part of the actor that is recorded (`key:<id>:<name>`). 1 to 64 characters. */
  readonly name: string;
  /** Roles (`operator`), permissions (`tasks:read`) and resource wildcards (`tasks:*`): 1 to 64. */
  readonly grants: readonly string[];
  /** Only tasks of these namespaces exist for the holder: 1 to 64. @default all */
  readonly namespaces?: readonly string[];
  /** @default never */
  readonly expiresIn?: Duration;
  /** Who makes it; 1 to 128 characters. */
  readonly by: string;
}

/** API keys: random secrets of which only a digest is stored. */
export interface ApiKeys {
  /** Makes a key. @throws INVALID_REQUEST for an unknown grant, a bare `*`, or a field out of its limits; INVALID_DURATION */
  create(request: ApiKeyRequest): Promise<CreatedApiKey>;
  /** Every key, the newest first, at most 1,000. */
  list(): Promise<readonly ApiKeyInfo[]>;
  /**
   * Makes a successor with the same name, grants, namespaces and lifetime. The old key goes on for the overlap, so that its holders
   * can change over. @default overlap "24h"
   * @throws API_KEY_NOT_FOUND; API_KEY_STATE_CONFLICT when it is revoked, expired or replaced
   */
  rotate(
    keyId: string,
    options: { readonly overlap?: Duration },
    by: string,
  ): Promise<CreatedApiKey>;
  /**
   * Ends a key: at once in this process, within 30 s in others. Doing it twice changes nothing.
   * @throws API_KEY_NOT_FOUND
   */
  revoke(keyId: string, by: string): Promise<ApiKeyInfo>;
  /** Whose key this is; null for one that is wrong, expired or revoked. */
  authenticate(key: string): Promise<Principal | null>;
}

const DEFAULT_OVERLAP: Duration = '24h';
const MAX_NAME = 64;
const LIST = { longest: MAX_NAME, most: 64 };

/** The API keys of one engine, with what this process remembers of them. */
export function createApiKeys(parts: () => EngineParts): ApiKeys {
  const check = createApiKeyCheck({
    find: (keyId) => parts().store.findApiKey(parts().db, keyId),
    noteUse: (keyId) => parts().store.noteKeyUse(parts().db, keyId),
    now: () => parts().ports.elapsedMs(),
  });
  return {
    create: (request) => createApiKey(parts(), request),
    list: () => parts().store.listApiKeys(parts().db),
    async rotate(keyId, options, by) {
      const created = await rotateApiKey(parts(), { keyId: idOf(keyId), ...options }, by);
      check.forget(idOf(keyId));
      return created;
    },
    async revoke(keyId, by) {
      checkText('by', by, MAX_TEXT);
      const revoked = await parts().store.revokeApiKey(parts().db, idOf(keyId), by);
      if (revoked === null) throw new TaskerError('API_KEY_NOT_FOUND', { keyId: idOf(keyId) });
      check.forget(revoked.keyId);
      return revoked;
    },
    authenticate: (key) => check.authenticate(key),
  };
}

async function createApiKey(parts: EngineParts, request: ApiKeyRequest): Promise<CreatedApiKey> {
  const expiresInMs = request.expiresIn === undefined ? null : positive(request.expiresIn);
  return storeNewKey(parts, parts.db, {
    name: checkText('name', request.name, MAX_NAME),
    grants: checkGrants(request.grants),
    namespaces: checkNamespaces(request.namespaces),
    expiresInMs,
    by: checkText('by', request.by, MAX_TEXT),
  });
}

async function rotateApiKey(
  parts: EngineParts,
  { keyId, overlap = DEFAULT_OVERLAP }: { readonly keyId: string; readonly overlap?: Duration },
  by: string,
): Promise<CreatedApiKey> {
  const overlapMs = parseDuration(overlap, 'overlap');
  checkText('by', by, MAX_TEXT);
  return parts.db.transaction(async (tx) => {
    const old = await parts.store.lockApiKey(tx, keyId);
    if (old === null) throw new TaskerError('API_KEY_NOT_FOUND', { keyId });
    const obstacle = whyNotRotated(old);
    if (obstacle !== null)
      throw new TaskerError('API_KEY_STATE_CONFLICT', { keyId, state: obstacle });
    const { name, grants, namespaces, lifetimeMs } = old;
    const created = await storeNewKey(parts, tx, {
      name,
      grants,
      namespaces,
      expiresInMs: lifetimeMs,
      by,
    });
    await parts.store.replaceApiKey(tx, { keyId, replacedBy: created.keyId, overlapMs });
    return created;
  });
}

function whyNotRotated(key: ApiKeyInfo): string | null {
  if (key.replacedBy !== null) return `was replaced by ${key.replacedBy}`;
  if (key.state === 'revoked') return 'is revoked';
  return key.state === 'expired' ? 'has expired' : null;
}

async function storeNewKey(
  parts: EngineParts,
  db: Connection,
  wanted: {
    readonly name: string;
    readonly grants: readonly string[];
    readonly namespaces: readonly string[] | null;
    readonly expiresInMs: Milliseconds | null;
    readonly by: string;
  },
): Promise<CreatedApiKey> {
  const { secretBytes } = parts.ports;
  const keyId = base32(secretBytes(5));
  const key = `tk_${keyId}_${secretBytes(32).toString('base64url')}`;
  const stored = await parts.store.insertApiKey(db, { ...wanted, keyId, digest: digestOf(key) });
  return { key, ...stored };
}

/** Five bytes as eight letters and digits that nobody takes for one another. */
function base32(bytes: Buffer): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  const value = bytes.readUIntBE(0, 5);
  return Array.from({ length: 8 }, (_, index) =>
    alphabet.charAt(Math.floor(value / 32 ** index) % 32),
  ).join('');
}

/** The id in what a person gives: the id, or the key or its visible beginning, of which nothing else is ever shown again. */
function idOf(text: string): string {
  const id = /^(?:tk_)?([a-z2-7]{8})(?:_[^]*)?$/.exec(text)?.[1];
  if (id === undefined)
    throw new TaskerError('API_KEY_NOT_FOUND', { keyId: redactText(text).slice(0, 32) });
  return id;
}

function checkGrants(given: unknown): readonly string[] {
  const grants = checkTexts('grants', given, LIST);
  if (grants.length === 0) throw invalid('grants must name at least one role or permission');
  const [unknown] = unknownGrants(grants);
  if (unknown === undefined) return grants;
  const suggestion = didYouMean(unknown, [...ALL_ROLES, ...ALL_PERMISSIONS]);
  throw invalid(
    `grants: ${JSON.stringify(unknown)} is neither a role (${ALL_ROLES.join(', ')}) nor a permission.${suggestion}`,
  );
}

function checkNamespaces(given: unknown): readonly string[] | null {
  if (given === undefined) return null;
  const namespaces = checkTexts('namespaces', given, LIST);
  if (namespaces.length === 0)
    throw invalid('namespaces must name at least one, or be left out for all');
  return namespaces;
}

function positive(duration: Duration): Milliseconds {
  const ms = parseDuration(duration, 'expiresIn');
  if (ms === 0) throw invalid('expiresIn must be longer than nothing');
  return ms;
}

function invalid(problem: string): TaskerError<'INVALID_REQUEST'> {
  return new TaskerError('INVALID_REQUEST', { problem });
}
