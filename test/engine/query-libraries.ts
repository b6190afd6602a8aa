import type pg from 'pg';
import {
  fromDrizzle,
  fromKnex,
  fromKysely,
  fromPg,
  fromPostgresJs,
  fromPrisma,
  type CallerTransaction,
} from '../../src/index.ts';

/*
 * What other libraries do between a statement and the server, by their documentation and sources, each over a real client: how they
 * number and write parameters, how they read types, in what they wrap answers and errors.
 */

type Rows = readonly Readonly<Record<string, unknown>>[];
type Client = Pick<pg.ClientBase, 'query'>;
type Value = string | null;

const query = async (client: Client, text: string, values: readonly unknown[]) =>
  client.query<Record<string, unknown>>(text, [...values]);

/** Knex: `?` is a value, `??` a name, `\?` a question mark; the answer of raw() is the driver's own. */
export function knexTransaction(client: Client) {
  return {
    raw(sql: string, bindings: readonly Value[]) {
      let used = 0;
      const counted = sql.replaceAll(/\\\?|\?\??/g, (mark) => {
        if (mark === '\\?') return mark;
        if (mark === '??') throw new Error('a name was not expected here');
        used += 1;
        return '?';
      });
      if (used !== bindings.length)
        throw new Error(`Expected ${bindings.length} bindings, saw ${used}`);
      let position = 0;
      const positioned = counted.replaceAll(/(\\*)\?/g, (_, escapes: string) =>
        escapes.length % 2 === 1 ? '?' : `$${(position += 1)}`,
      );
      return query(client, positioned, bindings);
    },
  };
}

interface Compiled {
  readonly sql: string;
  readonly query: object;
  readonly parameters: readonly unknown[];
}

/** Kysely's own factory: an opaque object of which the text is a part. */
export const CompiledQuery = {
  raw: (sql: string, parameters: unknown[] = []): Compiled =>
    Object.freeze({ sql, query: { kind: 'RawNode' }, parameters: Object.freeze(parameters) }),
};

/** Kysely with its CamelCasePlugin, which renames the columns of every answer. */
export function kyselyTransaction(client: Client) {
  return {
    async executeQuery(compiled: Compiled) {
      const { rows } = await query(client, compiled.sql, compiled.parameters);
      return { rows: rows.map(camelCased) };
    },
  };
}

function camelCased(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const renamed = (name: string) =>
    name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [renamed(name), value]));
}

interface Sql {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** Drizzle's tag: texts as they are, everything between them a parameter. */
export function sql(strings: TemplateStringsArray, ...params: unknown[]): Sql {
  const text = strings.reduce((before, part, index) => `${before}$${index}${part}`);
  return { text, params };
}

/** Drizzle on node-postgres answers the driver's result, on postgres.js the rows; since 0.44 it wraps failures. */
export function drizzleTransaction(client: Client, answers: 'result' | 'rows') {
  return {
    async execute({ text, params }: Sql): Promise<unknown> {
      try {
        const result = await query(client, text, params);
        return answers === 'result' ? result : result.rows;
      } catch (error) {
        throw new Error(`Failed query: ${text}`, { cause: error });
      }
    },
  };
}

/** Prisma: texts are bound as text, an int8 comes as bigint, a void cannot be read, and failures are known request errors. */
export function prismaTransaction(client: Client) {
  return {
    async $queryRawUnsafe(text: string, ...values: Value[]): Promise<unknown> {
      await insistOn(client, text, (type) => type === 'text');
      try {
        const { rows, fields } = await query(client, text, values);
        if (fields.some((field) => field.dataTypeID === 2278))
          throw new Error("Failed to deserialize column of type 'void'");
        return rows.map((row) => withBigInts(row, fields));
      } catch (error) {
        const { code, message } = error as pg.DatabaseError; // sound: what the driver throws
        const text = `Raw query failed. Code: \`${code}\`. Message: \`${message}\``;
        throw Object.assign(new Error(text), { code: 'P2010', meta: { code, message } });
      }
    },
  };
}

function withBigInts(row: Readonly<Record<string, unknown>>, fields: readonly pg.FieldDef[]) {
  const int8 = new Set(fields.filter((field) => field.dataTypeID === 20).map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      int8.has(name) ? BigInt(String(value)) : value,
    ]),
  );
}

/** postgres.js: asks the server for the types of parameters, and writes JSON parameters as JSON. The answer is the rows. */
export function postgresJsTransaction(client: Client) {
  return {
    async unsafe(text: string, parameters: Value[]): Promise<Rows> {
      const types = await parameterTypes(client, text);
      const written = parameters.map((value, index) =>
        /^jsonb?$/.test(types[index] ?? '') ? JSON.stringify(value) : value,
      );
      return (await query(client, text, written)).rows;
    },
  };
}

async function insistOn(client: Client, text: string, isRight: (type: string) => boolean) {
  const wrong = (await parameterTypes(client, text)).filter((type) => !isRight(type));
  if (wrong.length > 0) throw new Error(`a text was bound to a parameter of type ${wrong.join()}`);
}

/** What the server takes the parameters of a statement for; none for what cannot be prepared. */
async function parameterTypes(client: Client, text: string): Promise<readonly string[]> {
  if (!text.includes('$1')) return [];
  await client.query(`prepare looked_at as ${text}`);
  const { rows } = await client.query<{ types: string[] }>(
    `select parameter_types::text[] as types from pg_prepared_statements where name = 'looked_at'`,
  );
  await client.query('deallocate looked_at');
  return rows[0]?.types ?? [];
}

/** Every way to hand in a transaction. */
export const LIBRARIES: Readonly<Record<string, (client: Client) => CallerTransaction>> = {
  'node-postgres': (client) => fromPg({ query: (text, values) => client.query(text, values) }),
  Knex: (client) => fromKnex(knexTransaction(client)),
  Kysely: (client) => fromKysely(kyselyTransaction(client), CompiledQuery),
  'Drizzle on node-postgres': (client) => fromDrizzle(drizzleTransaction(client, 'result'), sql),
  'Drizzle on postgres.js': (client) => fromDrizzle(drizzleTransaction(client, 'rows'), sql),
  Prisma: (client) => fromPrisma(prismaTransaction(client)),
  'postgres.js': (client) => fromPostgresJs(postgresJsTransaction(client)),
};
