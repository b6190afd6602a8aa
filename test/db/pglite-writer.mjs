// Opens the embedded database in argv and inserts rows from 1000 on, printing each id once its insert was answered.
// With "once" it stops after the first and does nothing more: the process must then end by itself.
import { createJiti } from 'jiti';

const { connectPglite } = await createJiti(import.meta.url).import('../../src/db/pglite.ts');
const db = await connectPglite({ directory: process.argv[2] });

const last = process.argv[3] === 'once' ? 1_000 : Infinity;
for (let id = 1_000; id <= last; id += 1) {
  await db.query({ text: 'insert into item values ($1, $2)', values: [id, '{}'] });
  console.log(id);
}
