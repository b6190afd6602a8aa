import { TaskerError } from '../kernel/errors.ts';

/** The kinds of faults that a definition can have. Tools branch on these; people read the message. */
export type ProblemCode =
  // the file as text
  | 'TOO_LARGE'
  | 'NOT_UTF8'
  | 'TOO_DEEP'
  | 'YAML_SYNTAX'
  | 'DUPLICATE_KEY'
  | 'MANY_DOCUMENTS'
  | 'EMPTY'
  | 'ALIASES'
  | 'UNKNOWN_TAG'
  | 'FORBIDDEN_KEY'
  // single fields
  | 'REQUIRED'
  | 'TYPE'
  | 'RANGE'
  | 'INVALID_NAME'
  | 'INVALID_VALUE'
  | 'UNKNOWN_FIELD'
  | 'AMBIGUOUS'
  // steps and how they hang together
  | 'NO_STEPS'
  | 'DUPLICATE_STEP'
  | 'UNKNOWN_STEP'
  | 'CYCLE'
  | 'UNUSED_STEP_NAME'
  // code, kinds, strategies
  | 'UNKNOWN_HANDLER'
  | 'UNKNOWN_KIND'
  | 'HANDLER_CONFIG'
  | 'UNKNOWN_STRATEGY'
  // schemas
  | 'SCHEMA_INVALID'
  | 'SCHEMA_UNSAFE_PATTERN'
  | 'SCHEMA_REMOTE_REF';

/** Where something stands in a definition: keys and indexes from the top, in the words of the file format. */
export type Path = readonly (string | number)[];

/** One fault of a definition, ready to print. */
export interface DefinitionProblem {
  readonly code: ProblemCode;
  /** The file, or `defineTask("name")` for a definition in code. */
  readonly file: string;
  /** Counted from 1; 0 when the place is in code. */
  readonly line: number;
  /** Counted from 1; 0 when the place is in code. */
  readonly column: number;
  readonly message: string;
  /** The line of the file with the place marked below it; empty for code. */
  readonly excerpt: string;
  /** `file:line:column  message` and, for a file, the excerpt with what was probably meant. */
  readonly text: string;
}

/** What a check says about one place. */
export interface Finding {
  readonly code: ProblemCode;
  readonly path: Path;
  /** Marks the key of the member rather than its value: for a name that should not be there. */
  readonly onKey?: boolean;
  /** The field that the sentence is about, in the words of the file format; the reporter writes it as its author spells it. */
  readonly field?: string;
  /** The sentence, without the field when one is given: `must be a whole number`. */
  readonly message: string;
  /** The word that was probably meant. */
  readonly suggestion?: string | undefined;
}

/** Takes findings; the road that the definition came by (a file or code) decides how a place is written. */
export type Report = (finding: Finding) => void;

/** @throws INVALID_DEFINITION when there are problems, with all of them in order of their place */
export function throwProblems(source: string, problems: readonly DefinitionProblem[]): void {
  if (problems.length === 0) return;
  const ordered = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  throw new TaskerError('INVALID_DEFINITION', { source, problems: ordered });
}
