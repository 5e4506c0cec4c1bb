import { line } from '@wirewright/codec-line';
import { Client, Server } from '@wirewright/core';
import { FakeClock, memoryPlace } from '@wirewright/core/testing';
import { expect, test } from 'vitest';

test('a server that destroys a connection is to its client what it is on a socket: lost, and made anew', async () => {
  const clock = new FakeClock();
  await using server = new Server({ codec: line() });
  let lost!: () => void;
  const retried = new Promise<void>((resolve) => (lost = resolve));
  const reasons: string[] = [];
  await using client = new Client({ codec: line(), clock, reconnect: { minDelay: 100 } })
    .onClose((_, reason) => reasons.push(reason))
    .onRetry(() => lost());
  await client.connect(memoryPlace(server));
  const closed = client.current!.closed;
  for (const connection of server.connections) connection.destroy();
  await closed;
  expect(reasons).toEqual(['reset']);
  await retried;
});
