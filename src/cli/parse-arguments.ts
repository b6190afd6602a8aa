import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../kernel/duration.ts';
import type { Milliseconds } from '../kernel/duration.ts';
import { TaskerError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import type { StepName } from '../tasker-interface.ts';

/** A parser of an option's text, for commander: it throws what commander reports as a wrong argument (exit code 2). */
type OptionParser<Value> = (text: string) => Value;

/** A whole number within bounds, both included. */
export function wholeNumber(lowest: number, highest: number): OptionParser<number> {
  return (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(value >= lowest && value <= highest)) {
      throw new InvalidArgumentError(`Give a whole number from ${lowest} to ${highest}.`);
    }
    return value;
  };
}

/** A duration such as `30s`, in milliseconds. */
export function duration(text: string): Milliseconds {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError('Give a number and a unit, such as 500ms, 10s, 5m or 2h.');
  }
}

/** Collects an option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/**
 * The id of a task.
 *
 * @throws TaskerError `INVALID_REQUEST` for anything but a positive whole number
 */
export function taskId(text: string): number {
  const id = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (id === 0) {
    const problem = `a task id is a positive whole number, not ${JSON.stringify(text)}`;
    throw new TaskerError('INVALID_REQUEST', { problem });
  }
  return id;
}

/** A step by its name, or by its position when the text is all digits: `#0` and `0` are the first step. */
export function stepName(text: string): StepName {
  const match = /^#?(\d{1,5})$/.exec(text);
  return match ? Number(match[1]) : text;
}

/**
 * The value of an option that takes JSON, or `@file` for the content of a file.
 *
 * @param option how the user knows it, for the message
 * @throws TaskerError `INVALID_REQUEST` when the file cannot be read or the text is no JSON
 */
export async function jsonArgument(option: string, text: string, directory: string): Promise<Json> {
  const source = text.startsWith('@')
    ? await fileText(option, resolve(directory, text.slice(1)))
    : text;
  try {
    return JSON.parse(source) as Json; // sound: JSON.parse gives nothing but JSON
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TaskerError(
      'INVALID_REQUEST',
      { problem: `${option} is not JSON: ${reason}` },
      { cause: error },
    );
  }
}

async function fileText(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TaskerError(
      'INVALID_REQUEST',
      { problem: `${option} names a file that cannot be read: ${reason}` },
      { cause: error },
    );
  }
}
