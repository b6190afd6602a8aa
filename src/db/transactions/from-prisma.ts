import type { CallerTransaction } from './caller-transaction.ts';

/** The part of the client of an interactive Prisma transaction that is used. */
export interface PrismaTransactionLike {
  $queryRawUnsafe(query: string, ...values: (string | null)[]): PromiseLike<unknown>;
}

/**
 * The open interactive transaction of Prisma. No value is written into a statement: "unsafe" is only its name.
 *
 * ```ts
 * await prisma.$transaction((tx) => tasker.create('process_order', request, { transaction: fromPrisma(tx) }));
 * ```
 */
export function fromPrisma(tx: PrismaTransactionLike): CallerTransaction {
  return {
    async query(text, values) {
      const rows = await tx.$queryRawUnsafe(text, ...values);
      return { rows: rows as readonly unknown[] }; // sound: checked where rows are read
    },
  };
}
