import { z } from 'zod';
import { json } from '../scalars.ts';

/** An error of a handler, as a caller sees it: without the stack, which names files of the server. */
export const storedErrorDto = z
  .object({
    name: z.string(),
    message: z.string(),
    code: z.string().optional(),
    retryable: z.boolean().optional(),
    data: json.optional(),
    get cause() {
      return storedErrorDto.optional();
    },
  })
  .meta({ id: 'StoredError' });

export type StoredErrorDto = z.output<typeof storedErrorDto>;
