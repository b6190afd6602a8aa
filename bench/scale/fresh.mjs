/** A question's runs, each in a process of its own (one.mjs). */
import path from 'node:path';
import { askChild } from '../rounds.mjs';

const ONE = path.join(import.meta.dirname, 'one.mjs');

/** No run takes longer: it hangs. */
const TIMEOUT_MS = 20 * 60_000;

/** What a process must know of the server and of its database. */
export function placeOf(server, { name, url }) {
  const { url: adminUrl, postmasterPid, statements } = server;
  return { url, database: name, adminUrl, postmasterPid, statements };
}

/**
 * Does `job` by the `work` of the file that it names.
 *
 * @param {{ file: string }} job
 * @param {ReturnType<typeof placeOf>} place
 * @returns {Promise<Readonly<Record<string, number | null>>>} the measures
 * @throws Error when the run does not count
 */
export async function ask(job, place) {
  const { measures, problem } = await askChild(
    { ...job, ...place },
    { file: ONE, timeoutMs: TIMEOUT_MS },
  );
  if (problem !== null) throw new Error(problem);
  return measures;
}

/** The same on a database of its own. */
export function askFresh(server, job) {
  return server.withFreshDatabase((database) => ask(job, placeOf(server, database)));
}
