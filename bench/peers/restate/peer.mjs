/**
 * Restate: its server with a log of its own, and its SDK in this process. A task is one invocation of a service, a step one
 * `ctx.run`. Invocations run as soon as they are sent, through the server's HTTP door.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import * as restate from '@restatedev/restate-sdk';
import * as clients from '@restatedev/restate-sdk-clients';
import { contextOf } from '../../workloads.mjs';
import { freePort, startChildServer } from '../child-server.mjs';
import { createEach, runAsCode, until } from '../creating.mjs';

const SERVICE = 'bench';

/** @param {import('../runner.mjs').PeerJob} job @returns {Promise<import('../runner.mjs').Peer>} */
export async function openPeer({ levels, concurrency, run }) {
  const server = await startRestate();
  let complete = 0;
  const service = restate.service({
    name: SERVICE,
    handlers: {
      task: async (context, { cart_id: number }) => {
        if (number === 0) return null; // asked before the run, to see that all is up
        const result = await runAsCode(
          levels,
          (name, parents) => context.run(name, () => run(name, number, parents)),
          (promises) => restate.RestatePromise.all(promises),
        );
        complete += 1;
        return result;
      },
    },
  });
  await serve(service, server.adminUrl);
  const client = clients.connect({ url: server.ingressUrl });
  const send = client.serviceSendClient(service);
  const call = client.serviceClient(service);
  await until(() =>
    call.task(contextOf(0)).then(
      () => true,
      () => false,
    ),
  );
  return {
    serverPid: server.pid,
    overlaps: true,
    create: (count) => createEach(count, concurrency, (number) => send.task(contextOf(number))),
    work: async () => {},
    settled: (count) => until(async () => complete >= count),
    submit: async (number) => {
      await call.task(contextOf(number));
      return true;
    },
    close: () => server.dispose(),
  };
}

async function startRestate() {
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const adminUrl = `http://127.0.0.1:${admin}`;
  const server = await startChildServer({
    program: programFile(),
    argumentsIn: (folder) => ['--base-dir', path.join(folder, 'data'), '--node-name', 'bench'],
    env: {
      DO_NOT_TRACK: '1',
      RESTATE_DISABLE_TELEMETRY: '1',
      RESTATE_LOG_FILTER: 'warn',
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    },
    isReady: async () => (await fetch(`${adminUrl}/health`)).ok,
  });
  return { ...server, adminUrl, ingressUrl: `http://127.0.0.1:${ingress}` };
}

/** The server comes as a package of its own for each system. */
function programFile() {
  const { resolve } = createRequire(import.meta.url);
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  return path.join(path.dirname(resolve(`${name}/package.json`)), 'bin/restate-server');
}

/** Tells the server where this process answers. */
async function serve(service, adminUrl) {
  const endpoint = restate.endpoint().bind(service);
  endpoint.setLogger(() => {});
  const port = await freePort();
  await endpoint.listen(port);
  await until(async () => {
    const answer = await fetch(`${adminUrl}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
    });
    return answer.ok;
  });
}
