import { Buffer } from 'node:buffer';

import type { MeasuredProcess } from '../process/measured-process.ts';
import { exchange, fill } from './exchange.ts';

/** Sets that are sent at once. */
const CHUNK = 20_000;

/** Resident bytes that a server needs for each item with a value of 100 bytes: after storing them minus before. */
export async function memoryPerItem(server: MeasuredProcess, items: number): Promise<number> {
  // The first ones pay for what is compiled and allocated once.
  await fill(server.port);
  const value = 'm'.repeat(100);
  const before = server.usage().rssBytes;
  for (let stored = 0; stored < items; stored += CHUNK) {
    let sets = '';
    for (let i = stored; i < Math.min(items, stored + CHUNK); i++)
      sets += `set memory:${String(i).padStart(8, '0')} 0 0 100 noreply\r\n${value}\r\n`;
    await exchange(server.port, Buffer.from(`${sets}mn\r\n`));
  }
  return (server.usage().rssBytes - before) / items;
}
