import { wireLog } from '@wirewright/core';

/**
 * Prints each frame that comes to the server on `port` or leaves it, from now on.
 *
 * @param maxBytes how many bytes of each are shown
 */
export function showTraffic(name: string, port: number, maxBytes: number): void {
  wireLog({
    only: ({ localPort }) => localPort === port,
    write: (text) => console.log(`${name}: ${text.slice(text.indexOf(' ') + 1, -1)}`),
    maxBytes,
  });
}
