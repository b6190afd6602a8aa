import { GraphQLError } from 'graphql';
import { isTaskerError, TaskerError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { ProblemDto } from '../../contract/dto/problem.ts';
import { toProblem } from '../problem.ts';

/** An error as a client reads it. */
export interface GraphqlErrorDto {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly path?: readonly (string | number)[];
  readonly extensions: Pick<ProblemDto, 'code' | 'hint' | 'request_id' | 'task_id' | 'errors'>;
}

interface Reporting {
  readonly requestId: string;
  readonly logger: Logger;
}

/** Errors with the code and hint of the catalogue, and nothing of the inside. What is our own failure goes into the log as a whole. */
export function toGraphqlErrors(
  errors: readonly unknown[],
  reporting: Reporting,
): readonly GraphqlErrorDto[] {
  return errors.map((error) => toDto(error, reporting));
}

function toDto(error: unknown, { requestId, logger }: Reporting): GraphqlErrorDto {
  const cause = causeOf(error);
  const { status, detail, code, hint, request_id, task_id, errors } = toProblem(cause, requestId);
  if (status >= 500) logger.error({ err: cause, request_id: requestId, code }, 'a request failed');
  const { locations, path } = error instanceof GraphQLError ? error : {};
  return {
    message: detail,
    ...(locations === undefined ? {} : { locations: [...locations] }),
    ...(path === undefined ? {} : { path: [...path] }),
    extensions: {
      code,
      hint,
      request_id,
      ...(task_id === undefined ? {} : { task_id }),
      ...(errors === undefined ? {} : { errors }),
    },
  };
}

/** What is behind an error of the library: what a resolver threw, or else something that is wrong with the document. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof GraphQLError) || isTaskerError(error)) return error;
  const { originalError, message } = error;
  if (originalError === undefined || originalError instanceof GraphQLError)
    return new TaskerError('GRAPHQL_INVALID', { problem: message });
  return originalError;
}
