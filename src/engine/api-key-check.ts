import { createHash, timingSafeEqual } from 'node:crypto';
import { permissionsOf } from '../contract/permissions.ts';
import type { Principal } from '../contract/principal.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import type { UsableApiKey } from '../store/api-keys/find-api-key.ts';

/**
 * Recognises keys.
 *
 * I1: what decides is one comparison of SHA-256 digests in constant time, also for a key whose id nobody has; how much of a wrong
 *     secret is right makes no difference to anything.
 * I2: a key that was found is remembered for 30 s and never beyond its expiry, so that a request costs no statement.
 * I3: `forget` is heard at once: an answer that was on its way is not remembered.
 * I4: what is remembered is bounded, and an id that nobody has takes no room in it.
 */
export interface ApiKeyCheck {
  /** Whose key this is, or null. */
  authenticate(key: string): Promise<Principal | null>;
  /** The key was changed: look again. */
  forget(keyId: string): void;
}

/** What the check works with. */
export interface ApiKeyCheckParts {
  find(keyId: string): Promise<UsableApiKey | null>;
  noteUse(keyId: string): Promise<void>;
  /** A clock that only goes forward, in milliseconds. */
  now(): Milliseconds;
  /** @default timingSafeEqual */
  readonly isEqual?: (one: Buffer, two: Buffer) => boolean;
}

/** How long another process may take to notice that a key was revoked. */
const REMEMBERED_MS: Milliseconds = 30_000;
const MOST_REMEMBERED = 1_000;

/** The only form of a key: 8 characters that name it, and 32 random bytes. */
const KEY = /^tk_([a-z2-7]{8})_[A-Za-z0-9_-]{43}$/;

const NOBODYS_DIGEST = Buffer.alloc(32);

/** What is stored of a key. */
export function digestOf(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}

interface Remembered {
  readonly digest: Buffer;
  readonly principal: Principal;
  readonly usableMs: Milliseconds | null;
  isUseStale: boolean;
}

interface Entry {
  readonly found: Promise<Remembered | null>;
  until: Milliseconds;
}

export function createApiKeyCheck(parts: ApiKeyCheckParts): ApiKeyCheck {
  const entries = new Map<string, Entry>();
  const { isEqual = timingSafeEqual } = parts;

  const look = (keyId: string): Promise<Remembered | null> => {
    const startedAt = parts.now();
    const known = entries.get(keyId);
    if (known !== undefined && startedAt < known.until) return known.found;
    // Until the answer is there, all that ask for this key wait for the same statement.
    const entry: Entry = { found: load(parts, keyId), until: Infinity };
    entries.delete(keyId);
    entries.set(keyId, entry);
    if (entries.size > MOST_REMEMBERED) entries.delete(entries.keys().next().value ?? keyId);
    const forgetThis = (): void => {
      if (entries.get(keyId) === entry) entries.delete(keyId);
    };
    return entry.found.then(
      (found) => {
        if (found === null) forgetThis();
        entry.until = startedAt + Math.min(REMEMBERED_MS, found?.usableMs ?? Infinity);
        return found;
      },
      (error: unknown) => {
        forgetThis();
        throw error;
      },
    );
  };

  return {
    async authenticate(key) {
      const keyId = KEY.exec(key)?.[1];
      if (keyId === undefined) return null;
      const found = await look(keyId);
      const isRight = isEqual(digestOf(key), found?.digest ?? NOBODYS_DIGEST);
      if (!isRight || found === null) return null;
      if (found.isUseStale) {
        found.isUseStale = false;
        await parts.noteUse(keyId);
      }
      return found.principal;
    },
    forget: (keyId) => void entries.delete(keyId),
  };
}

async function load(parts: ApiKeyCheckParts, keyId: string): Promise<Remembered | null> {
  const key = await parts.find(keyId);
  if (key === null) return null;
  const principal: Principal = {
    id: `key:${keyId}:${key.name}`,
    permissions: permissionsOf(key.grants),
    namespaces: key.namespaces,
  };
  return { digest: key.digest, principal, usableMs: key.usableMs, isUseStale: key.isUseStale };
}
