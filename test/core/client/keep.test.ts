import { line } from '@wirewright/codec-line';
import { Client, ClosedError, type Connection, type RetrySeen } from '@wirewright/core';
import { FakeClock } from '@wirewright/core/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { patient } from '../../support/patience.ts';
import { EchoPlace } from './echo-place.ts';

let place: EchoPlace;
let clock: FakeClock;
let client: Client<string>;
let retries: RetrySeen[];
let connected: Connection<string>[];

beforeEach(async () => {
  place = await EchoPlace.open();
  clock = new FakeClock();
  retries = [];
  connected = [];
  client = new Client<string>({ codec: line(), clock })
    .onConnect((connection) => void connected.push(connection))
    .onRetry((retry) => void retries.push(retry));
});

afterEach(() => client.destroy());

async function lose(): Promise<void> {
  for (const connection of place.connections) connection.destroy();
  await connected.at(-1)!.closed;
}

describe('client.keep()', () => {
  test('connects, and again when the connection is lost', async () => {
    client.keep({ path: place.path });
    await vi.waitFor(() => expect(client.current).not.toBe(undefined), patient);
    await lose();
    await vi.waitFor(() => expect(retries.length).toBe(1), patient);
    clock.advance(retries[0]!.delay);
    await vi.waitFor(() => expect(connected.length).toBe(2), patient);
  });

  test('goes on when nobody answers at first', async () => {
    await place.stop();
    client.keep({ path: place.path });
    await vi.waitFor(() => expect(retries.length).toBe(1), patient);
    clock.advance(retries[0]!.delay);
    await vi.waitFor(() => expect(retries.length).toBe(2), patient);
    await place.start();
    clock.advance(retries[1]!.delay);
    await vi.waitFor(() => expect(client.current).not.toBe(undefined), patient);
    expect(connected.length).toBe(1);
  });

  test('hurry() cuts a pause short', async () => {
    await place.stop();
    const kept = client.keep({ path: place.path });
    await vi.waitFor(() => expect(retries.length).toBe(1), patient);
    await place.start();
    kept.hurry();
    await vi.waitFor(() => expect(connected.length).toBe(1), patient);
    kept.hurry();
    expect(place.accepted).toBe(1);
  });

  test('closing the client, or aborting the signal, ends it', async () => {
    await place.stop();
    const controller = new AbortController();
    const kept = client.keep({ path: place.path }, { signal: controller.signal });
    await vi.waitFor(() => expect(retries.length).toBe(1), patient);
    controller.abort();
    await place.start();
    kept.hurry();
    clock.advance(60_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([connected.length, retries.length]).toEqual([0, 1]);
    await client.close();
    expect(() => client.keep({ path: place.path })).toThrow(ClosedError);
  });

  test('a connection that is closed on purpose is not made anew', async () => {
    client.keep({ path: place.path });
    await vi.waitFor(() => expect(client.current).not.toBe(undefined), patient);
    await client.current!.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(retries).toEqual([]);
  });
});
