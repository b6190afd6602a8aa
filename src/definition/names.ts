/** Longest name of a task and of a namespace. */
export const MAX_TASK_NAME = 64;
/** Longest name of a step. */
export const MAX_STEP_NAME = 128;
/** Longest name of a dependent system and of a queue. */
export const MAX_SYSTEM_NAME = 64;
/** Longest description. */
export const MAX_DESCRIPTION = 255;
/** Longest name of a handler. */
export const MAX_HANDLER_NAME = 512;

/** Names that every object has: looked up in a plain object they would be found although nobody put them there. */
const INHERITED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Why a text is no name for a task, step or namespace, as the end of a sentence; null when it is one. */
export function nameFault(name: string, maxLength: number): string | null {
  if (name.length > maxLength) return `is longer than ${maxLength} characters`;
  if (INHERITED.has(name) || name === 'prototype') return 'is a reserved word';
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return null;
  return 'must start with a letter or digit and hold only letters, digits, "_", "." and "-"';
}

/** Text that is shown and stored as it is: no control characters and nothing that changes the direction of writing. */
export function textFault(text: string, maxLength: number): string | null {
  if (text.length > maxLength) return `is longer than ${maxLength} characters`;
  const visible = text.replaceAll(/[\t\n\r]/g, '');
  if (!text.isWellFormed() || /\p{Cc}/u.test(visible)) return 'holds a control character';
  return /[\u202a-\u202e\u2066-\u2069]/.test(text)
    ? 'holds a character that changes the direction of writing'
    : null;
}

/** A definition must not be able to send commands to the terminal that shows it; every character keeps its width of one. */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (mark) =>
    mark === '\t' ? ' ' : '\u00b7'.repeat(mark.length),
  );
}
