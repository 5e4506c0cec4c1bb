import { BlockList, isIP, SocketAddress } from 'node:net';

import { InvalidOptionError } from '../codec/errors.ts';

/** IP addresses: a `BlockList` of `node:net`, or addresses and networks such as `'192.0.2.7'`, `'10.0.0.0/8'`, `'2001:db8::/32'`. */
export type Addresses = BlockList | readonly string[];

/**
 * `addresses` as a list that can be looked into.
 *
 * @throws {InvalidOptionError} it is none, or an entry is neither an address nor a network
 */
export function addressList(name: string, addresses: Addresses): BlockList {
  if (addresses instanceof BlockList) return addresses;
  if (!Array.isArray(addresses)) {
    throw new InvalidOptionError(`${name} must be a BlockList of node:net or a list such as ['10.0.0.0/8']`);
  }
  const list = new BlockList();
  for (const entry of addresses as readonly unknown[]) addEntry(list, name, entry);
  return list;
}

function addEntry(list: BlockList, name: string, entry: unknown): void {
  const [address = '', prefix, ...rest] = typeof entry === 'string' ? entry.split('/') : [];
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  if (
    version === 0 ||
    rest.length > 0 ||
    address.includes('%') ||
    (prefix !== undefined && !(/^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits))
  ) {
    throw new InvalidOptionError(
      `${name} has '${String(entry)}', which is neither an address nor a network like '10.0.0.0/8'`,
    );
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(new SocketAddress({ address, family }), Number(prefix ?? bits));
}

/** Whether `address`, as {@link plainAddress} gives it, is in `list`. */
export function isListed(list: BlockList, address: string): boolean {
  // A zone is none of the address.
  const [bare = ''] = address.split('%', 1);
  return list.check(bare, isIP(bare) === 4 ? 'ipv4' : 'ipv6');
}

/** An address as people write it: a listener for both families sees peers of the older one as mapped addresses. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
