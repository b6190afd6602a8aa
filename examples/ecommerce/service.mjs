/** The interface of the Tasker on the stage, for `curl`, for `npx tasker`, and for `npm run order` beside it. */
import { isTaskerError } from 'tasker-engine';
import { serveTasker } from 'tasker-engine/node';
import { announceServer } from '../../dist/cli/server-file.js';
import { DEFAULT_PORT } from '../../dist/cli/service.js';
import { loggerOf } from './stage.mjs';

/** Serves, and says so in this folder, while the work goes on. The work receives the address. */
export async function withService(stage, work) {
  const { place } = stage;
  const server = await listen(stage);
  try {
    const withdraw = await announceServer(place, server.url, stage);
    try {
      return await work(server.url);
    } finally {
      await withdraw();
    }
  } finally {
    await server.close(); // before the Tasker stops: answers under way need it
  }
}

/** On this machine only, so nobody is asked who they are; on another port when the usual one is taken. */
async function listen(stage) {
  const { tasker, io } = stage;
  const options = { grace: '2s', logger: loggerOf(stage) };
  try {
    return await serveTasker(tasker, { ...options, port: io.environment.port ?? DEFAULT_PORT });
  } catch (error) {
    const isTaken =
      isTaskerError(error, 'ADDRESS_UNAVAILABLE') && error.details.problem === 'EADDRINUSE';
    if (!isTaken) throw error;
    return serveTasker(tasker, { ...options, port: 0 });
  }
}
