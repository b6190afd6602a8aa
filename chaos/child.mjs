/** Starts worker.mjs in a process of its own and listens to it. See child.d.mts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./worker.mjs', import.meta.url));

/** Every child of this process that lives, so that none outlives it, whatever happens. */
const LIVING = new Set();
process.on('exit', () => LIVING.forEach((child) => child.kill('SIGKILL')));

export function startChild(given, { directory, execArgv = [], env = process.env }) {
  const child = fork(SCRIPT, [JSON.stringify(given)], {
    cwd: directory, // for what a process leaves that aborts
    execArgv: [...execArgv],
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  LIVING.add(child);
  const told = [];
  const tell = (text) => {
    told.push(text);
    if (told.length > 2_000) told.splice(0, 1_000); // the latest are worth reading
  };
  child.stderr.setEncoding('utf8').on('data', (text) => tell(`stderr ${text}`));
  const ended = once(child, 'exit').then(([code, signal]) => {
    LIVING.delete(child);
    return { code, signal };
  });
  const listeners = [];
  const { ready, created } = listen(child, { told, tell, ended, listeners });
  let requests = 0;
  return {
    pid: child.pid ?? 0,
    ready,
    ended,
    told,
    onEvent: (listener) => void listeners.push(listener),
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    create(name, request) {
      requests += 1;
      const id = requests;
      return new Promise((resolve, reject) => {
        created.set(id, resolve);
        void ended.then(() => reject(new Error('the child ended before it answered')));
        child.send({ id, name, request }, (error) => error !== null && reject(error));
      });
    },
  };
}

/** Reads what the child sends. */
function listen(child, { told, tell, ended, listeners }) {
  const created = new Map();
  const ready = new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (message.kind === 'ready') resolve();
      else if (message.kind === 'created') created.get(message.id)?.(message.taskId);
      else if (message.kind === 'refused')
        reject(Object.assign(new Error(`refused: ${message.code}`), message));
      else if (message.kind === 'log') tell(`log ${message.text}`);
      else {
        tell(`event ${message.name} ${JSON.stringify(message.payload)}`);
        for (const listener of listeners) listener(message.name, message.payload);
      }
    });
    void ended.then(({ code, signal }) =>
      reject(new Error(`ended before it was ready: ${code ?? signal}\n${told.join('\n')}`)),
    );
  });
  ready.catch(() => undefined); // who waits for it gets the rejection; who does not, need not
  return { ready, created };
}
