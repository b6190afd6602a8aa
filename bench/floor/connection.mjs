import pg from 'pg';

const BIGINT = 20;

/**
 * One connection of a floor: prepared statements, no compiler, ids as numbers.
 *
 * @returns {Promise<{ query: (name: string, text: string, values: readonly unknown[]) => Promise<object[]>,
 *   run: (text: string) => Promise<object[]>, close: () => Promise<void> }>}
 */
export async function connect(url) {
  const types = {
    getTypeParser: (oid, format) =>
      oid === BIGINT && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
  };
  const client = new pg.Client({ connectionString: url, options: '-c jit=off', types });
  await client.connect();
  return {
    /** @type {(name: string, text: string, values: unknown[]) => Promise<object[]>} */
    query: async (name, text, values) => (await client.query({ name, text, values })).rows,
    run: async (text) => (await client.query(text)).rows,
    close: () => client.end(),
  };
}

/** An array parameter as text: the driver would look at every element. */
export function arrayText(numbers) {
  return `{${numbers.join(',')}}`;
}

/** Two statements may meet the same child rows in different orders; the one that the server gives up is sent again. */
export async function againAfterDeadlock(statement) {
  for (;;) {
    try {
      return await statement();
    } catch (error) {
      if (error.code !== '40P01') throw error;
    }
  }
}
