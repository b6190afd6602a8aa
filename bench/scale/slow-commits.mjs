/** The order on a server whose every commit takes a millisecond longer, against the same without. */
import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import { ask, placeOf } from './fresh.mjs';
import { orders } from './throughput.mjs';

const DELAY = ['commit_delay = 1000', 'commit_siblings = 0'];

export const slowCommits = {
  title: 'commits that take 1 ms longer',
  rounds: 3,
  rows: [
    { key: 'plain', title: 'drain of the order, steps/s', digits: 0 },
    { key: 'slow', title: 'the same with 1 ms slower commits, steps/s', digits: 0 },
    { key: 'ratio', title: 'slow ÷ plain', digits: 2, must: { least: 0.8 } },
  ],
  async measure(server, { round, quick }) {
    const job = orders(quick ? 200 : 20_000);
    const settings = { plain: [], slow: DELAY };
    const rates = {};
    for (const name of inTurn(Object.keys(settings), round))
      rates[name] = (await drainWith(server, job, settings[name])).drain;
    return { ...rates, ratio: rates.slow / rates.plain };
  },
};

function drainWith(server, job, settings) {
  return server.withFreshDatabase(async (database) => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    for (const setting of settings)
      await client.query(`alter database ${database.name} set ${setting}`);
    await client.end();
    return ask(job, placeOf(server, database));
  });
}
