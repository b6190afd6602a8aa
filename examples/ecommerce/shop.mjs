/** The shop by itself, until Ctrl-C: `node examples/ecommerce/shop.mjs [--port 4848]`. Events are kept in memory. */
import { parseArgs } from 'node:util';
import { loadShop } from './shop/load.mjs';

const { values } = parseArgs({ options: { port: { type: 'string' } } });
const { startShop, SHOP_PORT } = await loadShop();
const port = Number(values.port ?? SHOP_PORT);
try {
  const shop = await startShop({ port });
  process.stdout.write(`the shop is open at ${shop.url}; Ctrl-C closes it\n`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => shop.stop());
} catch (error) {
  if (error.code !== 'EADDRINUSE') throw error;
  process.stderr.write(`port ${port} is taken: choose another one with --port\n`);
  process.exitCode = 1;
}
