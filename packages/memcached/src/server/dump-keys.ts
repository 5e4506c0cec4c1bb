import { Buffer } from 'node:buffer';

import type { MemoryItem } from '../store/memory-item.ts';
import type { Item } from '../store/store.ts';
import { casOf } from './cas-of.ts';
import type { Client } from './client.ts';
import type { ServerState } from './server-state.ts';
import { uriEncode } from './uri-encode.ts';

/** `metadump` tells what is known of each item, `mgdump` is a list of commands that get them. */
export type DumpForm = 'metadump' | 'mgdump';

/** Items after which a list makes way for others. */
const BATCH = 200;

/**
 * Sends a list of all items, or of those of some sizes, as fast as the client reads it and while others are served. What is stored or
 * goes meanwhile is in it or is not.
 */
export async function dumpKeys(
  connection: Client,
  { store, memory }: ServerState,
  form: DumpForm,
  classes: ReadonlySet<number> | undefined,
): Promise<void> {
  const now = memory === undefined ? Math.floor(Date.now() / 1000) : memory.clock.startedAt + memory.clock.now;
  let lines = '';
  let count = 0;
  for (const item of store.items()) {
    const { slabClass = 0 } = item as Partial<MemoryItem>;
    if (classes === undefined || classes.has(slabClass))
      lines += form === 'metadump' ? metaLine(item, now) : getLine(item);
    if (++count % BATCH !== 0) continue;
    if (!(await sendAndYield(connection, lines))) return;
    lines = '';
  }
  connection.send(Buffer.from(`${lines}${form === 'metadump' ? 'END' : 'EN'}\r\n`, 'latin1'));
}

/** Returns whether the client is still there. */
async function sendAndYield(connection: Client, lines: string): Promise<boolean> {
  if (lines !== '' && !connection.send(Buffer.from(lines, 'latin1')) && connection.writable) {
    await connection.drained().catch(() => {});
  }
  await new Promise(setImmediate);
  return connection.writable;
}

function metaLine(item: Item, now: number): string {
  const { buffer, keyStart, keyEnd, ttl, idle, fetched } = item;
  const { slabClass = 0, size = item.valueEnd - item.valueStart } = item as Partial<MemoryItem>;
  const key = uriEncode({ buffer, start: keyStart, end: keyEnd });
  const expires = ttl === -1 ? -1 : now + ttl;
  return `key=${key} exp=${expires} la=${now - idle} cas=${casOf(item)} fetch=${fetched ? 'yes' : 'no'} cls=${slabClass} size=${size}\n`;
}

function getLine({ buffer, keyStart, keyEnd }: Item): string {
  const key = buffer.toString('latin1', keyStart, keyEnd);
  // What would be no token is sent in base64.
  return /^[\x21-\x7e]+$/.test(key) ? `mg ${key}\r\n` : `mg ${buffer.toString('base64', keyStart, keyEnd)} b\r\n`;
}
