import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

import { line } from '@wirewright/codec-line';
import { Client, type ConnectPlace, InvalidOptionError, type ServerPlace } from '@wirewright/core';
import { FakeClock, memoryPlace } from '@wirewright/core/testing';
import { AdminClient, GearmanClient, JobServer, Worker } from '@wirewright/gearman';
import { MemcachedClient, MemcachedServer } from '@wirewright/memcached';
import { QuasizeroClient, QuasizeroServer } from '@wirewright/quasizero';
import { describe, expect, onTestFinished, test } from 'vitest';

/** What all clients have. */
interface AnyClient {
  close(options?: object): Promise<unknown>;
  destroy(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Service {
  readonly name: string;
  make(place: ServerPlace, options?: object): AnyClient;
  /** Something for which it needs its server. */
  use(client: never): Promise<unknown>;
  /** A server that it can use. */
  serve(): {
    attach(stream: Duplex): unknown;
    destroy(): void;
    listen(place: string): Promise<{ port: number | undefined }>;
  };
}

const services: readonly Service[] = [
  {
    name: 'MemcachedClient',
    make: (place, options) => new MemcachedClient(place, options),
    use: (client: MemcachedClient) => client.set('k', 'v'),
    serve: () => new MemcachedServer(),
  },
  {
    name: 'GearmanClient',
    make: (place, options) => new GearmanClient(place, options),
    use: (client: GearmanClient) => client.echo('hello'),
    serve: () => new JobServer(),
  },
  {
    name: 'Worker',
    make: (place, options) => new Worker(place, options),
    use: (worker: Worker) => worker.handle('f', () => '').ready(),
    serve: () => new JobServer(),
  },
  {
    name: 'AdminClient',
    make: (place, options) => new AdminClient(place, options),
    use: (client: AdminClient) => client.version(),
    serve: () => new JobServer(),
  },
  {
    name: 'QuasizeroClient',
    make: (place, options) => new QuasizeroClient(place, options),
    use: (client: QuasizeroClient) => client.call({ code: 1 }),
    serve: () => new QuasizeroServer({ 1: (_request, response) => response.setString('PONG') }),
  },
];

function serving(service: Service): ReturnType<Service['serve']> {
  const server = service.serve();
  onTestFinished(() => server.destroy());
  return server;
}

/** The server, by a way that does not end when it is ended. */
function neverEnding(server: Parameters<typeof memoryPlace>[0]): ServerPlace {
  const place = memoryPlace(server);
  return {
    name: 'never-ending',
    stream: async (how) => {
      const inner = await place.stream!(how);
      const outer = new Duplex({
        read: () => {},
        write: (chunk, _encoding, done) => void inner.write(chunk, done),
        destroy: (error, done) => {
          inner.destroy();
          done(error);
        },
      });
      inner.on('data', (chunk) => outer.push(chunk));
      return outer;
    },
  };
}

describe.each(services)('$name', (service) => {
  test('takes a place as a text, an object or a stream', async () => {
    const server = serving(service);
    const { port } = await server.listen('127.0.0.1:0');
    const places: ServerPlace[] = [`127.0.0.1:${port}`, { host: '127.0.0.1', port }, memoryPlace(server)];
    for (const place of places) {
      const client = service.make(place);
      await service.use(client as never);
      await client.close();
    }
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a URL', 'tcp://localhost:1'],
    ['too many colons', 'a:b:c'],
    ['a port that is none', 'a:70000'],
    ['port 0', { port: 0 }],
    ['a host and a path', { host: 'a', path: '/b' }],
    ['a stream and a port', { port: 1, stream: () => {} }],
    ['a stream that is no function', { stream: 5 }],
    ['a slip of the pen', { prot: 1 }],
    ['tls that is none', { port: 1, tls: 'yes' }],
  ])('refuses %s for a place', (_what, place) => {
    expect(() => service.make(place as ConnectPlace)).toThrow(InvalidOptionError);
  });

  test.each<[string, object]>([
    ['noDelay', { noDelay: 1 }],
    ['keepAlive', { keepAlive: 5 }],
    ['connectTimeout', { connectTimeout: 0 }],
    ['connectTimeout', { connectTimeout: false }],
    ['maxRetries', { maxRetries: 5 }],
    ['heartbeat', { heartbeat: 5 }],
    ['reconnect', { reconnect: { attempts: 5 } }],
    ['heartbeat', { heartbeat: { every: 5 } }],
  ])('refuses a wrong %s at once, and names it', (name, options) => {
    expect(() => service.make('127.0.0.1:1', options)).toThrow(
      expect.objectContaining({
        code: 'WIRE_INVALID_OPTION',
        message: expect.stringContaining(name) as string,
      }) as Error,
    );
  });

  test('says whose option is none', () => {
    const refused = `new ${service.name}() has no option 'maxRetries'`;
    expect(() => service.make('127.0.0.1:1', { maxRetries: 5 })).toThrow(refused);
    expect(() => service.make('127.0.0.1:1', null as never)).toThrow(`new ${service.name}()`);
  });

  test('names a place that is a stream when it cannot connect', async () => {
    const stream = (): Promise<never> => Promise.reject(new Error('no way'));
    const client = service.make({ stream, name: 'tunnel' }, { connectTimeout: 1000 });
    onTestFinished(() => client.destroy());
    if (client instanceof Worker) {
      client.handle('f', () => '');
      await expect.poll(() => client.servers[0]!.error?.message).toContain('cannot connect to tunnel: ');
    } else {
      await expect(service.use(client as never)).rejects.toThrow('cannot connect to tunnel: ');
    }
  });

  test('closes in good order, with counts; a second call gets the same promise', async () => {
    const client = service.make(memoryPlace(serving(service)));
    await service.use(client as never);
    const closing = client.close();
    expect(client.close()).toBe(closing);
    expect(await closing).toEqual({ drained: 1, destroyed: 0 });
  });

  test('closes within its grace, however long the server takes to end', async () => {
    const clock = new FakeClock();
    const client = service.make(neverEnding(serving(service)), { clock });
    await service.use(client as never);
    let closed = false;
    const closing = client.close({ grace: 100 }).finally(() => {
      closed = true;
    });
    await turn();
    clock.advance(80);
    await turn();
    expect(closed).toBe(false);
    clock.advance(20);
    expect(await closing).toEqual({ drained: 0, destroyed: 1 });
  });

  test('refuses options of close() that are none', async () => {
    const client = service.make(memoryPlace(serving(service)));
    const close = async (options: object): Promise<unknown> => client.close(options);
    await expect(close({ grace: -1 })).rejects.toThrow(InvalidOptionError);
    await expect(close({ timeout: 5 })).rejects.toThrow(InvalidOptionError);
    await client.close();
  });

  test('destroys at once, and close() afterwards says so', async () => {
    const client = service.make(memoryPlace(serving(service)));
    await service.use(client as never);
    client.destroy();
    client.destroy();
    expect(await client.close()).toEqual({ drained: 0, destroyed: 1 });
    await client[Symbol.asyncDispose]();
  });
});

test('a Client of the core takes the same places', async () => {
  const client = new Client({ codec: line() });
  for (const place of [undefined, '', 'localhost', 'a:b:c', { port: 0 }, { host: 'a', path: '/b' }, { prot: 1 }]) {
    await expect(client.connect(place as ConnectPlace)).rejects.toThrow(InvalidOptionError);
    expect(() => client.keep(place as ConnectPlace)).toThrow(InvalidOptionError);
    expect(() => client.pool(place as ConnectPlace)).toThrow(InvalidOptionError);
  }
  await client.close();
});
