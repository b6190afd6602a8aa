import type { Command } from 'commander';
import type { CliIo } from './io.ts';
import { createScreen } from './screen.ts';
import type { Screen } from './screen.ts';
import type { Toolbox } from './toolbox.ts';

/** Options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly color?: boolean;
  readonly database?: string;
  readonly schema?: string;
  readonly dataDir?: string;
  readonly url?: string;
  readonly keyFile?: string;
}

/** One call of a command: what the user typed and where the answer goes. */
export interface Invocation<Options> {
  readonly args: readonly string[];
  readonly options: Options & GlobalOptions;
  readonly screen: Screen;
  readonly io: CliIo;
  readonly toolbox: Toolbox;
}

/** What commands are built with. `done` receives the exit code. */
export interface Cli {
  readonly io: CliIo;
  readonly toolbox: Toolbox;
  done(exitCode: number): void;
}

/**
 * Gives a command its action: a function from the invocation to the exit code. `Options` names what the command's own option
 * parsers produce.
 */
export function perform<Options extends object>(
  command: Command,
  cli: Cli,
  action: (invocation: Invocation<Options>) => Promise<number>,
): void {
  command.action(async () => {
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    const screen = createScreen(cli.io, options);
    cli.done(
      await action({ args: command.args, options, screen, io: cli.io, toolbox: cli.toolbox }),
    );
  });
}
