import { isIPv4, isIPv6 } from 'node:net';

/**
 * Says why an IP address is not a public one, or null when it is. Source: the special-purpose registries of IANA (RFC 6890 and its
 * updates), and the metadata services of the large clouds, which all but one lie in those ranges.
 *
 * IPv6 is judged by what it allows: only global unicast (2000::/3) is public, less the ranges inside it that are not. Addresses that
 * carry an IPv4 address (mapped, NAT64) are judged by the address they carry.
 */
export function whyNotPublic(address: string): string | null {
  if (isIPv4(address)) return whyNotPublicV4(address);
  const plain = address.split('%')[0] ?? ''; // without the zone of a link-local address
  return isIPv6(plain) ? whyNotPublicV6(groupsOf(plain)) : 'not an IP address';
}

type Range = readonly [network: string, bits: number, what: string];

const V4_RANGES: readonly Range[] = [
  ['0.0.0.0', 8, '"this network"'],
  ['10.0.0.0', 8, 'a private network'],
  ['100.64.0.0', 10, 'a shared (carrier) network'],
  ['127.0.0.0', 8, 'the loopback network'],
  ['168.63.129.16', 32, 'a cloud metadata service'],
  ['169.254.0.0', 16, 'link-local (cloud metadata)'],
  ['172.16.0.0', 12, 'a private network'],
  ['192.0.0.0', 24, 'a reserved network'],
  ['192.0.2.0', 24, 'a documentation network'],
  ['192.88.99.0', 24, 'a reserved network'],
  ['192.168.0.0', 16, 'a private network'],
  ['198.18.0.0', 15, 'a benchmarking network'],
  ['198.51.100.0', 24, 'a documentation network'],
  ['203.0.113.0', 24, 'a documentation network'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved or broadcast'],
];

function whyNotPublicV4(address: string): string | null {
  const value = v4Number(address);
  const hit = V4_RANGES.find(
    ([network, bits]) =>
      Math.floor(value / 2 ** (32 - bits)) === Math.floor(v4Number(network) / 2 ** (32 - bits)),
  );
  return hit?.[2] ?? null;
}

function whyNotPublicV6(groups: readonly number[]): string | null {
  const [a = 0, b = 0] = groups;
  const leading = groups.slice(0, 6).join(',');
  const carried = `${(groups[6] ?? 0) >> 8}.${(groups[6] ?? 0) & 255}.${(groups[7] ?? 0) >> 8}.${(groups[7] ?? 0) & 255}`;
  if (leading === '0,0,0,0,0,65535') return whyNotPublicV4(carried); // ::ffff:0:0/96, mapped
  if (leading === '100,65435,0,0,0,0') return whyNotPublicV4(carried); // 64:ff9b::/96, NAT64
  if (groups.join(',') === '0,0,0,0,0,0,0,1') return 'the loopback address';
  if (a >> 6 === 0x3fa) return 'link-local'; // fe80::/10
  if (a >> 9 === 0x7e) return 'a private network'; // fc00::/7
  if (a >> 13 !== 1) return 'not a public IPv6 address'; // outside 2000::/3
  if (a === 0x2001 && b < 0x200) return 'a reserved network'; // 2001::/23, Teredo among them
  if (a === 0x2001 && b === 0xdb8) return 'a documentation network';
  if (a === 0x2002) return 'a 6to4 address'; // carries an IPv4 address and is retired
  if (a === 0x3fff && b < 0x1000) return 'a documentation network'; // 3fff::/20
  return null;
}

function v4Number(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

/** The eight groups of a valid IPv6 address. */
export function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::');
  const before = groupList(head);
  if (tail === undefined) return before;
  const after = groupList(tail);
  return [
    ...before,
    ...Array.from({ length: 8 - before.length - after.length }, () => 0),
    ...after,
  ];
}

function groupList(text: string): number[] {
  return text
    .split(':')
    .filter((part) => part !== '')
    .flatMap((part) => {
      if (!part.includes('.')) return [parseInt(part, 16)];
      const value = v4Number(part);
      return [Math.floor(value / 65_536), value % 65_536];
    });
}
