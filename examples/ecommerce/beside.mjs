/** Playing beside a service that runs already: its Tasker and its shop, over HTTP. */
import { lastPort, withShop } from './stage.mjs';

/** Plays on the service of `stage.running`, with the shop that is open, or with one of its own where none is. */
export async function playBeside(stage, { latencyMs }, play) {
  const { toolbox, screen, io, running } = stage;
  screen.remark(`  the service at ${running.url} (pid ${running.pid}) runs it\n`);
  const { apiKey } = io.environment;
  const client = await toolbox.createClient({
    url: running.url,
    retries: 2,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  const tasker = await toolbox.remoteTasker(client);
  const shop = await openShop(stage);
  if (shop !== null) return play({ ...stage, tasker, shop });
  return withShop(stage, { latencyMs }, (own) => play({ ...stage, tasker, shop: own }));
}

/** The shop that answers where the last one was; null when nothing does, or something that is no shop. */
async function openShop(stage) {
  const port = await lastPort(stage);
  const url = `http://127.0.0.1:${port}`;
  try {
    const response = await fetch(`${url}/faults`);
    const { faults } = await response.json();
    return Array.isArray(faults) ? { url, port } : null;
  } catch {
    return null;
  }
}
