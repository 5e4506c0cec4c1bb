import { renameSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';

/**
 * Writes where a server listens, a line for each: `TCP INET: <port>`, `TCP INET6: <port>`, or `UNIX: <path>`. Whoever waits for the file sees all of
 * it, since it is renamed to its name (memcached.c, `portnumber_filename`).
 */
export function writePortFile(path: string, addresses: readonly (AddressInfo | string)[]): void {
  const lines = addresses.flatMap((address) => {
    if (typeof address === 'string') return [`UNIX: ${address}`];
    // `::` takes what comes by IPv4, too.
    const families = address.address === '::' ? ['INET', 'INET6'] : [address.family === 'IPv6' ? 'INET6' : 'INET'];
    return families.map((family) => `TCP ${family}: ${address.port}`);
  });
  const temporary = `${path}.lck`;
  writeFileSync(temporary, lines.map((line) => `${line}\n`).join(''));
  renameSync(temporary, path);
}
