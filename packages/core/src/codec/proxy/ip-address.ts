/** How the addresses of a family are read and written. */
export interface IpFamily {
  readonly name: string;
  /** Bytes of an address. */
  readonly length: number;
  /** The bytes of an address, or undefined when `text` is none. Takes what `node:net` takes, but no zone, as in `fe80::1%eth0`. */
  readonly parse: (text: string) => Uint8Array | undefined;
  /** An address as Node writes it in `remoteAddress`. */
  readonly format: (bytes: Uint8Array) => string;
}

export const IPV4: IpFamily = { name: 'IPv4', length: 4, parse: parseIpv4, format: formatIpv4 };
export const IPV6: IpFamily = { name: 'IPv6', length: 16, parse: parseIpv6, format: formatIpv6 };

/** @throws {RangeError} `address` is none of the family: to send it would tell nonsense */
export function ipBytes({ name, parse }: IpFamily, address: string): Uint8Array {
  const bytes = typeof address === 'string' ? parse(address) : undefined;
  if (bytes === undefined) {
    const given = JSON.stringify(address);
    throw new RangeError(`an address must be ${name} as the family says, without a zone, not ${given}`);
  }
  return bytes;
}

/** No zeroes in front: there are those who take such a number for an octal one. */
const OCTET = /^(?:0|[1-9]\d{0,2})$/;

function parseIpv4(text: string): Uint8Array | undefined {
  const octets = text.split('.', 5);
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)) return undefined;
  return Uint8Array.from(octets, Number);
}

function formatIpv4(bytes: Uint8Array): string {
  return bytes.join('.');
}

const GROUPS = 8;
const GROUP = /^[\da-f]{1,4}$/i;

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::', 3);
  if (halves.length > 2) return undefined;
  const short = halves.length === 2;
  // Only the last 32 bits may be written as IPv4.
  const head = groupsOf(halves[0]!, !short);
  const tail = short ? groupsOf(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  if (short ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':', GROUPS + 1);
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const octets = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (octets === undefined) return undefined;
    groups.push((octets[0]! << 8) | octets[1]!, (octets[2]! << 8) | octets[3]!);
  }
  return groups;
}

/** RFC 5952, and the last 32 bits as IPv4 for the addresses that are made of one. */
function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: GROUPS }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const [start, length] = longestZeroes(groups);
  if (start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff))) {
    return `::${length === 5 ? 'ffff:' : ''}${formatIpv4(bytes.subarray(12, 16))}`;
  }
  const written = groups.map((group) => group.toString(16));
  if (length < 2) return written.join(':');
  return `${written.slice(0, start).join(':')}::${written.slice(start + length).join(':')}`;
}

/** Where the longest run of zeroes starts, the first of several, and how long it is. */
function longestZeroes(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < GROUPS; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best[1]) best = [start, end - start];
    start = end;
  }
  return best;
}
