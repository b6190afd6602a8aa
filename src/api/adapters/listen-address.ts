import { lookup } from 'node:dns/promises';
import { TaskerError } from '../../kernel/errors.ts';
import { isLoopbackAddress } from '../http/guard.ts';

/** Where a server listens: an address, never a name, so that what was judged is what is bound. */
export interface ListenAddress {
  readonly address: string;
  readonly isLoopback: boolean;
}

/**
 * The address behind a host name, IPv4 first. Of a name with several addresses, one that can be reached from outside decides.
 * @throws INVALID_OPTION for a name that has no address
 */
export async function listenAddress(host: string): Promise<ListenAddress> {
  const addresses = await resolve(host);
  const isLoopback = addresses.every(isLoopbackAddress);
  const [address = host] = addresses.toSorted(
    (a, b) => Number(a.includes(':')) - Number(b.includes(':')),
  );
  return { address, isLoopback };
}

async function resolve(host: string): Promise<readonly string[]> {
  try {
    // Without a name Node would listen everywhere.
    if (host === '') throw new Error('it is empty');
    return (await lookup(host.replace(/^\[(.*)\]$/, '$1'), { all: true })).map(
      ({ address }) => address,
    );
  } catch (cause) {
    const problem = `${JSON.stringify(host.slice(0, 100))} is no address of this machine and no name that has one`;
    throw new TaskerError('INVALID_OPTION', { option: 'host', problem }, { cause });
  }
}
