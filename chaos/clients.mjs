/**
 * Callers of the servers: they create tasks over HTTP under idempotency keys, repeat what was not answered with the same key on another
 * server, and write down each acknowledgement on the disk before it counts.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicUs } from './clock.mjs';
import { seededRandom } from './random.mjs';
import { RANDOM_COUNT } from './scratch.mjs';

/** Answers after which a caller tries again: nobody knows, or not now. */
const PASSING = [
  'DATABASE_UNAVAILABLE',
  'DATABASE_FAULT',
  'DATABASE_READ_ONLY',
  'REQUEST_FAILED',
  'REQUEST_TIMEOUT',
  'RATE_LIMITED',
  'SERVER_OVERLOADED',
  'NOT_STARTED',
];

/** One in so many is asked for again after it was answered, or asked for with another content. */
const REPEAT_EVERY = 20;
const CONFLICT_EVERY = 50;

/**
 * @param {{ client: string, acknowledged: string, servers: () => readonly { url: string }[], hasRoom: () => boolean, seed: string,
 *   callers: number, repeats: boolean }} options `client`: the module; `acknowledged`: the file; `hasRoom`: whether another task may
 *   be created now; `repeats`: whether some are asked for again after they were answered
 */
export async function startClients(options) {
  const { createClient } = await import(options.client);
  return new Clients(createClient, options);
}

class Clients {
  #createClient;
  #options;
  #file;
  #random;
  #urgent = [];
  #isStopped = false;
  #working;
  #numbers = 0;

  submitted = 0;
  acknowledged = 0;
  /** Requests that were repeated because nobody knew. */
  repeated = 0;
  /** What may not happen. */
  wrongs = [];

  constructor(createClient, options) {
    this.#createClient = createClient;
    this.#options = options;
    this.#file = openSync(options.acknowledged, 'a');
    this.#random = seededRandom(`${options.seed} clients`);
    this.#working = Array.from({ length: options.callers }, () => this.#work());
  }

  /** Creates this next: { name, plan, expects }. */
  submit(request) {
    this.#urgent.push(request);
  }

  /** Nothing new; resolves once everything that was begun is acknowledged. */
  async stop() {
    this.#isStopped = true;
    await Promise.all(this.#working);
    closeSync(this.#file);
  }

  async #work() {
    while (!this.#isStopped || this.#urgent.length > 0) {
      const request = this.#urgent.shift() ?? (this.#options.hasRoom() ? this.#next() : null);
      if (request === null) await delay(20);
      else await this.#create(request);
    }
  }

  /** 40% diamonds, 20% a fan of 50, 20% chains of 10, 10% random shapes, 10% with failures. */
  #next() {
    const random = this.#random;
    const at = random.between(1, 100);
    const plan = { '*': { upToMs: 50 } };
    if (at <= 40) return { name: 'diamond', plan };
    if (at <= 60) return { name: 'fan50', plan };
    if (at <= 80) return { name: 'chain', plan };
    if (at <= 90) return { name: `random${random.between(0, RANDOM_COUNT - 1)}`, plan };
    const failUntil = random.between(2, 3);
    return {
      name: random.pick(['diamond', 'chain', 'narrow']),
      plan: { '*': { upToMs: 50, failUntil } },
    };
  }

  async #create({ name, plan, expects = 'complete' }) {
    this.#numbers += 1;
    const number = this.#numbers;
    const key = `${this.#options.seed}-${number}`;
    this.submitted += 1;
    const taskId = await this.#ask({ name, context: { key, plan }, idempotency_key: key });
    if (taskId === null) return;
    this.#acknowledge({ key, taskId, name, expects });
    if (!this.#options.repeats) return;
    if (number % REPEAT_EVERY === 0) await this.#repeat({ name, key, plan, taskId });
    if (number % CONFLICT_EVERY === 0) await this.#contradict({ name, key, plan });
  }

  #acknowledge({ key, taskId, name, expects }) {
    writeSync(this.#file, `${key} ${taskId} ${name} ${expects} ${monotonicUs()}\n`);
    fsyncSync(this.#file);
    this.acknowledged += 1;
  }

  async #repeat({ name, key, plan, taskId }) {
    const again = await this.#ask({ name, context: { key, plan }, idempotency_key: key });
    if (again !== null && again !== taskId)
      this.wrongs.push(`key ${key} was answered with task ${taskId} and with task ${again}`);
  }

  async #contradict({ name, key, plan }) {
    const body = { name, context: { key, plan, other: true }, idempotency_key: key };
    const answer = await this.#ask(body, 'IDEMPOTENCY_CONFLICT');
    if (answer !== null) this.wrongs.push(`key ${key} was answered although its content differs`);
  }

  /** Asks until somebody answers. @returns the task's id, or null when it was refused with `refusal` or in a way that is written down */
  async #ask(body, refusal = null) {
    for (;;) {
      const servers = this.#options.servers();
      if (servers.length === 0) {
        await delay(50);
        continue;
      }
      try {
        const client = this.#createClient({ url: this.#random.pick(servers).url, timeout: '5s' });
        return (await client.createTask({ body })).task.task_id;
      } catch (error) {
        if (error.code === refusal) return null;
        if (!PASSING.includes(error.code)) {
          this.wrongs.push(`${error.code ?? error.name}: ${error.message}`);
          return null;
        }
        this.repeated += 1;
        await delay(30 + this.#random.next() * 200);
      }
    }
  }
}
