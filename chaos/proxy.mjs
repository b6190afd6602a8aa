/**
 * A proxy in front of a PostgreSQL server, to break the network on purpose. It knows requests and their answers, so it can cut a
 * connection after the server has committed and before the client hears of it.
 *
 * I1: bytes of one direction keep their order, also while they are delayed.
 * I2: a strike hits one request: it is armed, meets the next request that matches, and is gone.
 */
import { createConnection, createServer } from 'node:net';
import {
  NO_ENCRYPTION,
  endsRequest,
  messageReader,
  readyState,
  refusal,
  statementOf,
} from './wire.mjs';

/** Starts a proxy on a free loopback port in front of the server of a `postgres://` address. See proxy.d.mts. */
export async function tcpProxy(targetUrl) {
  const shared = {
    target: new URL(targetUrl),
    links: new Set(),
    isSilent: false,
    cutText: null,
    delayMs: 0,
    strikes: new Set(),
    onAnswer: null,
  };
  const server = createServer({ noDelay: true }, (client) => new Link(client, shared));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String(server.address().port);
  return {
    url: url.href,
    retarget: (to) => void (shared.target = new URL(to)),
    blackhole() {
      shared.isSilent = true;
      for (const link of shared.links) link.silence();
    },
    heal: () => void (shared.isSilent = false),
    cutAfter: (text) => void (shared.cutText = text),
    cutAll() {
      for (const link of shared.links) link.cut();
    },
    slow: (milliseconds) => void (shared.delayMs = milliseconds),
    strike: (kind, matches) => armStrike(shared, { kind, matches }),
    watch: (onAnswer) => void (shared.onAnswer = onAnswer),
    close() {
      for (const link of shared.links) link.cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** I2 */
function armStrike({ strikes }, { kind, matches }) {
  let settle;
  const hit = new Promise((resolve) => (settle = resolve));
  const strike = { kind, matches, settle };
  strikes.add(strike);
  const end = (wasHit) => {
    strikes.delete(strike);
    settle(wasHit);
  };
  strike.settle = end;
  return { hit, cancel: () => end(false) };
}

/** One connection through the proxy. */
class Link {
  #shared;
  #client;
  #upstream;
  #toServer;
  #toClient;
  #isSilenced;
  #isStarted = false;
  /** Parts of the request that is being sent, held back while a strike is armed. */
  #held = [];
  #statement = null;
  /** Requests that wait for their answer, oldest first. */
  #asked = [];
  #state = null;

  constructor(client, shared) {
    this.#shared = shared;
    this.#client = client;
    this.#isSilenced = shared.isSilent;
    const { hostname, port } = shared.target;
    this.#upstream = createConnection({ port: Number(port), host: hostname, noDelay: true });
    this.#toServer = new Outlet(this.#upstream, shared);
    this.#toClient = new Outlet(client, shared);
    shared.links.add(this);
    this.#forward(client, messageReader({ startsUp: true }), (message) =>
      this.#fromClient(message),
    );
    this.#forward(this.#upstream, messageReader({ startsUp: false }), (message) =>
      this.#fromServer(message),
    );
    client.on('close', () => {
      if (!this.#isSilenced) this.#toServer.end(); // the server reads what came, and then that nobody listens
      this.#forget();
    });
    this.#upstream.on('close', () => {
      if (!this.#isSilenced) this.#toClient.end();
      this.#forget();
    });
  }

  silence() {
    this.#isSilenced = true;
  }

  /** A silenced link has two ends that know nothing of each other: both must be closed. */
  #forget() {
    if (this.#client.closed && this.#upstream.closed) this.#shared.links.delete(this);
  }

  cut() {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #forward(socket, read, take) {
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      if (this.#isSilenced) return;
      for (const message of read(chunk)) take(message);
      if (socket === this.#client && this.#hasCutText(chunk)) this.#client.destroy();
    });
  }

  #hasCutText(chunk) {
    return this.#shared.cutText !== null && chunk.includes(this.#shared.cutText);
  }

  #fromClient(message) {
    if (message.type === 'encryption') return this.#toClient.write(NO_ENCRYPTION);
    if (!this.#isStarted) return this.#toServer.write(message.bytes); // until the first ReadyForQuery: who one is
    this.#statement = statementOf(message) ?? this.#statement;
    this.#held.push(message.bytes);
    if (!endsRequest(message.type)) {
      if (this.#shared.strikes.size === 0) this.#release();
      return undefined;
    }
    const strike = this.#strikeFor(this.#statement);
    if (strike?.kind === 'before') return this.#reset();
    if (strike?.kind === 'full') return this.#refuse();
    this.#asked.push({ statement: this.#statement, at: performance.now(), strike });
    this.#statement = null;
    return this.#release();
  }

  #fromServer(message) {
    const state = readyState(message);
    if (state === null) {
      if (!this.#isCutSoon()) this.#toClient.write(message.bytes);
      return;
    }
    this.#isStarted = true;
    this.#state = state;
    const asked = this.#asked.shift();
    if (asked?.strike !== undefined && asked.strike !== null) {
      this.#reset(); // the server has committed: nobody hears of it
      return;
    }
    if (asked !== undefined) this.#shared.onAnswer?.(asked.statement, performance.now() - asked.at);
    this.#toClient.write(message.bytes);
  }

  /** The answer under way will not be heard. */
  #isCutSoon() {
    const strike = this.#asked[0]?.strike;
    return strike !== undefined && strike !== null;
  }

  #strikeFor(statement) {
    if (statement === null || this.#asked.length > 0) return null;
    for (const strike of this.#shared.strikes) {
      if (!strike.matches(statement)) continue;
      if (strike.kind === 'full' && this.#state !== 'I') continue; // the server knows nothing of it, so no transaction may be open
      strike.settle(true);
      return strike;
    }
    return null;
  }

  #release() {
    for (const bytes of this.#held.splice(0)) this.#toServer.write(bytes);
  }

  #refuse() {
    this.#held = [];
    this.#statement = null;
    this.#toClient.write(refusal('53100', 'could not extend file: No space left on device'));
  }

  #reset() {
    this.#client.resetAndDestroy();
    this.#upstream.destroy();
  }
}

/** One direction, with its delay. */
class Outlet {
  #socket;
  #shared;
  #waiting = [];
  #timer = null;

  constructor(socket, shared) {
    this.#socket = socket;
    this.#shared = shared;
  }

  write(bytes) {
    this.#push(() => this.#socket.destroyed || this.#socket.write(bytes));
  }

  end() {
    this.#push(() => this.#socket.end());
  }

  /** I1 */
  #push(send) {
    if (this.#shared.delayMs === 0 && this.#waiting.length === 0) {
      send();
      return;
    }
    this.#waiting.push({ send, dueAt: performance.now() + this.#shared.delayMs });
    this.#schedule();
  }

  #schedule() {
    const [first] = this.#waiting;
    if (this.#timer !== null || first === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        const now = performance.now();
        while (this.#waiting.length > 0 && this.#waiting[0].dueAt <= now)
          this.#waiting.shift().send();
        this.#schedule();
      },
      Math.max(0, first.dueAt - performance.now()),
    );
  }
}
