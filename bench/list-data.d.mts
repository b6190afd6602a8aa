/** See list-data.mjs. */
export function fillTasks(
  client: { query(text: string, values?: readonly unknown[]): Promise<unknown> },
  tasks: number,
): Promise<void>;
