import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createToolbox } from '../../src/cli/create-toolbox.ts';
import { runCli } from '../../src/cli/program.ts';
import type { EnvironmentVariables } from '../../src/config/environment.ts';
import { recordedIo } from './recorded-io.ts';
import type { RecordedIo } from './recorded-io.ts';

/** How a command line of this process ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line of this process that goes on. */
export interface Going {
  readonly io: RecordedIo;
  readonly ended: Promise<Outcome>;
  /** Resolves once either output has the text. */
  seen(text: string): Promise<void>;
}

/** A folder with one definition, in which command lines run inside this process, on the real parts. */
export interface Bench {
  readonly directory: string;
  readonly definitions: string;
  begin(args: readonly string[], variables?: EnvironmentVariables): Going;
  run(args: readonly string[], variables?: EnvironmentVariables): Promise<Outcome>;
  close(): void;
}

export function openBench(): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'tasker-served-'));
  const definitions = join(directory, 'definitions');
  mkdirSync(definitions);
  writeFileSync(join(definitions, 'steps.mjs'), STEPS);
  writeFileSync(join(definitions, 'order.yaml'), ORDER);
  const begin: Bench['begin'] = (args, variables = {}) => {
    const io = recordedIo({ directory, variables });
    const ended = runCli(args, io, createToolbox()).then((exitCode) => ({
      exitCode,
      stdout: io.stdout(),
      stderr: io.stderr(),
    }));
    return { io, ended, seen: (part) => seenIn(io, ended, part) };
  };
  return {
    directory,
    definitions,
    begin,
    run: (args, variables) => begin(args, variables).ended,
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Resolves once either output has the text. Rejects when the command ends without it. */
function seenIn(io: RecordedIo, ended: Promise<Outcome>, part: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (io.stdout().includes(part) || io.stderr().includes(part)) resolve();
    };
    io.onOutput(look);
    look();
    void ended.then(({ stdout, stderr }) =>
      reject(new Error(`ended without ${JSON.stringify(part)}:\n${stdout}${stderr}`)),
    );
  });
}

/** The address in a `server.ready` document. */
export function urlOf(going: Going): string {
  const ready: unknown = JSON.parse(going.io.stdout().split('\n')[0] ?? '');
  const url: unknown = typeof ready === 'object' && ready !== null ? Reflect.get(ready, 'url') : '';
  return String(url);
}

const STEPS = `
export const fetchCart = (ctx) => ({ cart: ctx.context.cart_id ?? null });
export function refuse() {
  throw Object.assign(new Error('never works'), { name: 'PermanentError', code: 'NO' });
}
`;

const ORDER = `
name: order
version: 1.0.0
identity: none
steps:
  - name: fetch_cart
    handler: ./steps.mjs#fetchCart
  - name: refuse
    handler: ./steps.mjs#refuse
    depends_on_step: fetch_cart
    skippable: true
`;
