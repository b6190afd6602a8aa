/** Says which PostgreSQL programs the tests will use; exits with 1 when there are none that work. */
import { startPostgres } from './launcher.mjs';

const server = await startPostgres();
if (server === null) process.exit(1);
console.log(`PostgreSQL ${server.version} (${server.place})`);
await server.dispose();
