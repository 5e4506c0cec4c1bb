import { Buffer } from 'node:buffer';
import { connect } from 'node:net';

import { line } from '@wirewright/codec-line';
import { Server } from '@wirewright/core';
import type { ByteView } from '@wirewright/core/codec';
import { describe, expect, test } from 'vitest';

const READS = 2000;
const MiB = 1024 * 1024;

/** Memory that the process holds once all garbage is gone. */
async function held(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('keeping one 32-byte message out of each of 2,000 reads holds less than 2 MB:', () => {
  const kinds = [
    ['bytes', (message: unknown) => message],
    ['view', (message: unknown) => (message as ByteView).retain()],
    ['string', (message: unknown) => message],
  ] as const;

  test.each(kinds)('%s', async (as, keep) => {
    const kept: unknown[] = [];
    let seen = 0;
    const server = new Server({ codec: line({ as, maxLength: 70_000 }) }).onRead((connection, message) => {
      if (message.length === 32) kept.push(keep(message));
      if (++seen % 2 === 0) connection.send('got it');
    });
    await server.listen({ port: 0, host: '127.0.0.1' });
    const peer = connect(server.port!, '127.0.0.1');
    // One read each: a line to keep and as much again as a chunk holds.
    const burst = Buffer.from(`${'k'.repeat(32)}\n${'x'.repeat(60_000)}\n`);
    const answer = (): Promise<void> => new Promise((resolve) => peer.once('data', () => resolve()));
    for (let i = 0; i < 20; i++) {
      const answered = answer();
      peer.write(burst);
      await answered;
    }
    kept.length = 0;
    const before = await held();
    for (let i = 0; i < READS; i++) {
      const answered = answer();
      peer.write(burst);
      await answered;
    }
    const after = await held();
    expect(kept).toHaveLength(READS);
    expect((kept as { length: number }[]).every(({ length }) => length === 32)).toBe(true);
    expect(after - before).toBeLessThan(2 * MiB);
    peer.destroy();
    await server.close();
  });
});
