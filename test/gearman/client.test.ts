import { packet, PacketType } from '@wirewright/codec-gearman';
import { ClosedError, InvalidOptionError } from '@wirewright/core';
import { memoryPlace } from '@wirewright/core/testing';
import { CommandError, JobLostError, JobServer, NoServerError } from '@wirewright/gearman';
import { describe, expect, test } from 'vitest';

import { freePort } from '../support/programs.ts';
import { afterwards, serve } from './scene.ts';
import { clientOf, failure, later, placeOf, reverse, scene, workerOf } from './worker-scene.ts';

describe('a client', () => {
  test('asks servers, and sends packets as they are', async () => {
    const { client } = scene();
    expect((await client.echo('a\0b')).toString('latin1')).toBe('a\0b');
    expect((await client.request(packet(PacketType.EchoReq, 'raw'))).name).toBe('ECHO_RES');
    expect((await client.request(packet(PacketType.OptionReq, 'nonsense'))).name).toBe('ERROR');
    await client.option('exceptions');
    expect(await failure(client.option('nonsense'))).toBeInstanceOf(CommandError);
    await client.send(packet(PacketType.SetClientId, 'me'));
    expect(await failure(client.echo('x', { server: 'none' }))).toBeInstanceOf(InvalidOptionError);
  });

  test('goes on to the next server, and says which one took the job', async () => {
    const server = await serve();
    const down = `127.0.0.1:${await freePort()}`;
    const client = clientOf([down, placeOf(server)], { distribution: 'ordered' });
    workerOf([down, placeOf(server)]).worker.handle('reverse', reverse);
    const task = client.submit('reverse', 'abc');
    expect((await task).toString()).toBe('cba');
    expect(task.server).toBe(placeOf(server));
    expect(client.servers.map(({ up }) => up)).toEqual([false, true]);
  });

  test('says why, when no server can be reached', async () => {
    const places = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const client = clientOf(places);
    const error = (await failure(client.submit('x'))) as NoServerError;
    expect(error).toBeInstanceOf(NoServerError);
    expect([...error.errors.keys()].length).toBe(2);
    expect(await failure(client.echo('x'))).toBeInstanceOf(NoServerError);
  });

  test('finds a server that comes back', async () => {
    const port = await freePort();
    const client = clientOf(`127.0.0.1:${port}`, { reconnect: { minDelay: 60_000, maxDelay: 60_000 } });
    expect(await failure(client.submit('x'))).toBeInstanceOf(NoServerError);
    const server = new JobServer();
    await server.listen({ port, host: '127.0.0.1' });
    afterwards(() => server.destroy());
    expect(await client.submit('x', 'y', { background: true })).toMatch(/^H:/);
  });

  test('gives the same unique to the same server', async () => {
    const servers = [new JobServer(), new JobServer(), new JobServer()];
    afterwards(() => servers.forEach((server) => server.destroy()));
    const client = clientOf(servers.map((server, index) => memoryPlace(server, `s${index}`)));
    const takers = new Set<string | undefined>();
    for (let i = 0; i < 60; i++) {
      const first = client.submit('f', 'x', { background: true, unique: `u${i}` });
      await first;
      const again = client.submit('f', 'x', { background: true, unique: `u${i}` });
      await again;
      expect(again.server).toBe(first.server);
      takers.add(first.server);
    }
    expect(takers.size).toBe(3);
  });

  test('rejects what its server had when that is lost, and submits it again if that is wanted', async () => {
    const first = await serve();
    const second = await serve();
    const client = clientOf([placeOf(first), placeOf(second)], { distribution: 'ordered', reconnect: { minDelay: 1 } });
    const lost = client.submit('reverse', 'abc');
    const kept = client.submit('reverse', 'abc', { retries: { lost: 3 } });
    await Promise.all([lost.created, kept.created]);
    const place = placeOf(first);
    first.destroy();
    const error = await failure(lost);
    expect(error).toBeInstanceOf(JobLostError);
    expect(error).toMatchObject({ server: place, handle: lost.handle, sent: true });
    workerOf(placeOf(second)).worker.handle('reverse', reverse);
    expect((await kept).toString()).toBe('cba');
    expect([kept.server, kept.attempts]).toEqual([placeOf(second), 2]);
  });

  test('closes when what is under way is over, or the grace', async () => {
    const { client, worker } = scene();
    const go = later();
    worker.handle('wait', async () => {
      await go.promise;
      return 'done';
    });
    const task = client.submit('wait');
    await task.created;
    const closing = client.close();
    expect(await failure(client.submit('wait'))).toBeInstanceOf(ClosedError);
    go.resolve();
    expect((await task).toString()).toBe('done');
    await closing;
    const { client: other } = scene();
    const never = other.submit('nobody');
    await never.created;
    await other.close({ grace: 10 });
    expect(await failure(never)).toBeInstanceOf(ClosedError);
  });
});
