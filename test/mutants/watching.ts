import { alone, onPostgres } from './killers.ts';
import type { Mutant } from './mutant.ts';

const LAWS = 'src/store/audit';

/** What watches: the audit, permissions, secrets. */
export const WATCHING: readonly Mutant[] = [
  {
    name: 'audit: no law ever finds anything',
    file: 'src/engine/verify.ts',
    find: 'if (rows.length === 0) return null;',
    replace: 'if (rows.length >= 0) return null;',
    killedBy: onPostgres('audit/laws', 'shows at most twenty rows of a law and counts them all'),
  },
  {
    name: 'audit: counters are not compared',
    file: `${LAWS}/waiting-count.ts`,
    find: 's.waiting_on <> open.parents',
    replace: 's.waiting_on < open.parents',
    killedBy: onPostgres('audit/laws', "finds by 'waiting-count' that 'a counter is too high'"),
  },
  {
    name: 'audit: tokens may repeat',
    file: `${LAWS}/fencing.ts`,
    find: 'a.attempt >= s.attempts + case',
    replace: 'a.attempt > s.attempts + case',
    killedBy: onPostgres('audit/laws', "finds by 'fencing' that 'a token was used before'"),
  },
  {
    name: 'audit: stranded tasks are not found',
    file: `${LAWS}/no-dead-end.ts`,
    find: 'where task.settled_at is null',
    replace: 'where task.settled_at is null and false',
    killedBy: onPostgres(
      'audit/laws',
      "finds by 'no-dead-end' that 'nothing of an open task is queued'",
    ),
  },
  {
    name: 'audit: steps may run beside their parents',
    file: `${LAWS}/parents-first.ts`,
    find: 'where parent.status not in ${SATISFIED}',
    replace: 'where false',
    killedBy: onPostgres(
      'audit/laws',
      "finds by 'parents-first' that 'a step runs beside its parent'",
    ),
  },
  {
    name: 'permissions: everybody may do everything',
    file: 'src/api/auth/permission-check.ts',
    find: 'if (!principal.permissions.has(permission)) throw',
    replace: 'if (principal.permissions.size < 0) throw',
    killedBy: alone('src/api/auth/any-of', 'without a host the table decides'),
  },
  {
    name: 'permissions: any answer of the host means yes',
    file: 'src/api/auth/permission-check.ts',
    find: 'if (answer !== true) throw',
    replace: 'if (answer === 0) throw',
    killedBy: alone('src/api/auth/any-of', 'the answer undefined of a host means no'),
  },
  {
    name: 'permissions: tasks of every namespace',
    file: 'src/api/access.ts',
    find: 'this.principal.namespaces === null || this.principal.namespaces.includes(namespace)',
    replace: 'this.principal.namespaces === null || namespace.length > 0',
    killedBy: onPostgres(
      'http/authorisation',
      'getTask tells nothing of a task in another namespace: it answers as for one that does not exist',
    ),
  },
  {
    name: 'keys: any secret is right',
    file: 'src/engine/api-key-check.ts',
    find: 'isEqual(digestOf(key), found?.digest ?? NOBODYS_DIGEST)',
    replace: 'isEqual(digestOf(key), digestOf(key))',
    killedBy: onPostgres('auth/api-keys', 'a wrong secret, another id and other texts are nobody'),
  },
  {
    name: 'keys: remembered beyond their expiry',
    file: 'src/engine/api-key-check.ts',
    find: 'Math.min(REMEMBERED_MS, found?.usableMs ?? Infinity)',
    replace: 'REMEMBERED_MS',
    killedBy: alone('src/engine/api-key-check', 'a key is never remembered beyond its expiry'),
  },
  {
    name: 'cursor: the signature is not compared',
    file: 'src/api/rest/cursor.ts',
    find: 'if (given.length !== expected.length || !timingSafeEqual(given, expected))',
    replace: 'if (given.length !== expected.length)',
    killedBy: alone(
      'src/api/rest/cursor',
      'a cursor that was made up or changed is refused, whatever it is',
    ),
  },
  {
    name: 'secrets: texts are not redacted',
    file: 'src/kernel/redact.ts',
    find: 'return RULES.reduce((current, rule) => rule(current), text);',
    replace: 'return text;',
    killedBy: alone(
      'src/kernel/serialize-error',
      'stores no secret from message, stack, data or cause',
    ),
  },
  {
    name: 'secrets: members are not redacted by their keys',
    file: 'src/kernel/redact.ts',
    find: 'isSecretKey(key) && member !== null ? REDACTED : redactJson(member)',
    replace: 'redactJson(member)',
    killedBy: alone(
      'src/kernel/redact',
      'redacts members by the name of their key and text by its form, and nothing else',
    ),
  },
  {
    name: 'outbound: link-local addresses are public',
    file: 'src/handlers/address.ts',
    find: `['169.254.0.0', 16, 'link-local (cloud metadata)']`,
    replace: `['169.254.0.0', 32, 'link-local (cloud metadata)']`,
    killedBy: alone('src/handlers/address', 'refuses 169.254.169.254'),
  },
  {
    name: 'embedded: a transaction goes on after the instance was replaced',
    file: 'src/db/pglite.ts',
    find: 'guard(); isOpen = false;',
    replace: 'isOpen = false;',
    killedBy: alone(
      'test/db/pglite-faults',
      'a transaction in which the instance failed leaves nothing, even when its work ignores the fault',
    ),
  },
];
