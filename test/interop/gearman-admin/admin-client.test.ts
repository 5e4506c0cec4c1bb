import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';

import { AdminClient, AdminError } from '@wirewright/gearman';
import { describe, expect, test, type TestContext } from 'vitest';

import { GearmanLine } from '../gearman/gearman-line.ts';
import { PACKETS, request } from '../gearman/packets.ts';
import { type AdminServer, type ServerName, SERVERS } from './servers.ts';

interface Scene {
  readonly admin: AdminClient;
  /** A connection that sends packets, and waits until the server has dealt with them. */
  readonly talk: () => Promise<(...packets: readonly Buffer[]) => Promise<string>>;
}

async function sceneOf({ start }: AdminServer, { onTestFinished }: TestContext): Promise<Scene> {
  const server = await start();
  onTestFinished(async () => {
    await server.close();
  });
  const admin = new AdminClient(`127.0.0.1:${server.port}`);
  onTestFinished(() => admin.destroy());
  return {
    admin,
    async talk() {
      const line = await GearmanLine.to(server.port);
      onTestFinished(() => line.destroy());
      return async (...packets) => {
        line.send(Buffer.concat(packets));
        const { bytes } = await line.fence();
        return bytes.toString('latin1');
      };
    },
  };
}

/** A worker, a job in the foreground that it does, and one in the background that waits. */
async function jobsOf({ talk }: Scene): Promise<void> {
  const worker = await talk();
  const client = await talk();
  await worker(request(PACKETS.SET_CLIENT_ID, 'me'), request(PACKETS.CAN_DO, 'work'));
  await client(request(PACKETS.SUBMIT_JOB, 'work\0one\0data'));
  await worker(request(PACKETS.GRAB_JOB, ''));
  await client(request(PACKETS.SUBMIT_JOB_BG, 'work\0two\0data'));
}

function inOrder<Row>(rows: readonly Row[], key: (row: Row) => string): Row[] {
  const sorted = [...rows];
  sorted.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return sorted;
}

const unsupported = expect.objectContaining({ code: 'GEARMAN_ADMIN_FAILED', unsupported: true });

/** Which commands a server has, as docs/gearman-admin.md says. */
const COMMANDS: readonly [string, (admin: AdminClient) => Promise<unknown>, readonly ServerName[]][] = [
  ['status', (admin) => admin.status(), ['gearmand', 'Gearman::Server', 'ours']],
  ['priorityStatus', (admin) => admin.priorityStatus(), ['gearmand', 'ours']],
  ['workers', (admin) => admin.workers(), ['gearmand', 'Gearman::Server', 'ours']],
  ['showJobs', (admin) => admin.showJobs(), ['gearmand', 'ours']],
  ['showUniqueJobs', (admin) => admin.showUniqueJobs(), ['gearmand', 'ours']],
  ['jobs', (admin) => admin.jobs(), ['Gearman::Server', 'ours']],
  ['clients', (admin) => admin.clients(), ['Gearman::Server', 'ours']],
  ['json', (admin) => admin.json(), ['ours']],
  ['version', (admin) => admin.version(), ['gearmand', 'Gearman::Server', 'ours']],
  ['getPid', (admin) => admin.getPid(), ['gearmand', 'ours']],
  ['verbose', (admin) => admin.verbose(), ['gearmand', 'ours']],
  ['cancelJob', (admin) => admin.cancelJob('H:x:1'), ['gearmand', 'ours']],
  ['cancelUnique', (admin) => admin.cancelUnique('f', 'u'), ['ours']],
  ['cancelFunction', (admin) => admin.cancelFunction('f'), ['ours']],
  ['createFunction', (admin) => admin.createFunction('f'), ['gearmand', 'ours']],
  ['dropFunction', (admin) => admin.dropFunction('f'), ['gearmand', 'ours']],
  ['maxQueue', (admin) => admin.maxQueue('f', 5), ['gearmand', 'Gearman::Server', 'ours']],
  ['gladiator', (admin) => admin.command('gladiator', { ends: 'dot' }), ['Gearman::Server']],
  ['shutdown', (admin) => admin.shutdown({ graceful: true }), ['Gearman::Server', 'ours']],
];

test('which server has which command is what the docs say', () => {
  const docs = readFileSync(new URL('../../../docs/gearman-admin.md', import.meta.url), 'utf8');
  const [page] = docs.split('## Options') as [string];
  const rows = Array.from(page.matchAll(/^\| `(\w+)\(.*\|([^|]+)\|([^|]+)\|([^|]+)\|$/gm), ([, command, ...cells]) => {
    const has = cells.map((cell) => !/^ (?:no|before .*) *$/.test(cell));
    return [command, (['gearmand', 'Gearman::Server', 'ours'] as const).filter((_, i) => has[i])];
  });
  const told = rows.filter(([command]) => command !== 'command');
  const known = COMMANDS.filter(([command]) => command !== 'gladiator');
  expect(told).toEqual(known.map(([command, , by]) => [command, by]));
});

describe.concurrent.each(SERVERS)('an administrator of $name', (server) => {
  const { name } = server;
  const has = (command: string): boolean => COMMANDS.some(([known, , by]) => known === command && by.includes(name));

  test('gets every command answered that the server has, and is told of the others', async (context) => {
    const { admin } = await sceneOf(server, context);
    const found = await Promise.allSettled(COMMANDS.map(([, ask]) => ask(admin)));
    const seen = COMMANDS.map(([command], i) => {
      const { status, reason } = found[i] as PromiseRejectedResult;
      if (status === ('fulfilled' as string)) return [command, true];
      return [command, reason instanceof AdminError && reason.unsupported ? false : reason];
    });
    expect(seen).toEqual(COMMANDS.map(([command]) => [command, has(command)]));
  });

  test('sees functions, workers and jobs', async (context) => {
    const scene = await sceneOf(server, context);
    const { admin } = scene;
    await jobsOf(scene);
    expect(await admin.status()).toEqual([{ function: 'work', total: 2, running: 1, workers: 1 }]);
    const workers = await admin.workers();
    expect(workers.find(({ id }) => id === 'me')).toEqual({
      fd: expect.any(Number),
      address: '127.0.0.1',
      id: 'me',
      functions: ['work'],
    });
    // The client, and this one.
    const others = workers.filter(({ id }) => id !== 'me');
    expect(others.map(({ id, functions }) => [id, functions])).toEqual([
      ['-', []],
      ['-', []],
    ]);
    if (!has('showJobs')) return;
    expect(await admin.priorityStatus()).toEqual([{ function: 'work', high: 0, normal: 1, low: 0, workers: 1 }]);
    const jobs = inOrder(await admin.showJobs(), ({ handle }) => handle);
    const one = { handle: expect.stringMatching(/^H:.*:1$/), retries: 0, ignored: false, durable: false };
    expect(jobs).toEqual([one, { ...one, handle: expect.stringMatching(/^H:.*:2$/), durable: true }]);
    expect(inOrder(await admin.showUniqueJobs(), (unique) => unique)).toEqual(['one', 'two']);
  });

  test.runIf(has('jobs'))('sees who waits for what', async (context) => {
    const scene = await sceneOf(server, context);
    const { admin } = scene;
    await jobsOf(scene);
    const place = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    const one = { function: 'work', unique: 'one', worker: place };
    expect(inOrder(await admin.jobs(), ({ unique }) => unique)).toEqual([
      { ...one, listeners: 1 },
      { function: 'work', unique: 'two', worker: undefined, listeners: 0 },
    ]);
    const clients = inOrder(await admin.clients(), ({ jobs }) => `${jobs.length}`);
    expect(clients).toEqual([
      { address: place, jobs: [] },
      { address: place, jobs: [] },
      { address: place, jobs: [one] },
    ]);
  });

  test.runIf(has('cancelJob'))('cancels jobs', async (context) => {
    const scene = await sceneOf(server, context);
    const { admin } = scene;
    const client = await scene.talk();
    const created = await client(request(PACKETS.SUBMIT_JOB, 'work\0one\0data'));
    const handle = created.slice(12);
    expect(await admin.cancelJob(handle)).toBe(true);
    expect(await client()).toContain(handle);
    expect(await admin.cancelJob('H:nowhere:1')).toBe(false);
  });

  test.runIf(has('cancelUnique'))('cancels jobs by what they are for', async (context) => {
    const scene = await sceneOf(server, context);
    const { admin } = scene;
    await jobsOf(scene);
    expect(await admin.cancelUnique('work', 'two')).toBe(true);
    expect(await admin.cancelUnique('work', 'two')).toBe(false);
    expect(await admin.showUniqueJobs()).toEqual(['one']);
    expect(await admin.cancelFunction('work')).toBe(true);
    expect(await admin.cancelFunction('nobody')).toBe(false);
    expect(await admin.status()).toEqual([{ function: 'work', total: 0, running: 0, workers: 1 }]);
  });

  test.runIf(has('createFunction'))('makes functions and drops them, their names whole', async (context) => {
    const scene = await sceneOf(server, context);
    const { admin } = scene;
    await admin.createFunction('größe');
    expect(await admin.status()).toEqual([{ function: 'größe', total: 0, running: 0, workers: 0 }]);
    expect(await admin.dropFunction('größe')).toBe(true);
    expect(await admin.dropFunction('größe')).toBe(false);
    await jobsOf(scene);
    await expect(admin.dropFunction('work')).rejects.toMatchObject({
      name: 'AdminError',
      answer: '',
      text: 'there are still connected workers or executing clients',
      unsupported: false,
    });
  });

  test('limits functions, by priority and not any more', async (context) => {
    const scene = await sceneOf(server, context);
    const { admin } = scene;
    const client = await scene.talk();
    // In the background none has a client to tell; the third is one too many.
    const submit = (unique: string): Promise<string> => client(request(PACKETS.SUBMIT_JOB_BG, `work\0${unique}\0`));
    const total = async (): Promise<number> => (await admin.status())[0]!.total;
    await submit('1');
    await admin.maxQueue('work', { high: 2, normal: 2 });
    await submit('2');
    await submit('3');
    expect(await total()).toBe(2);
    await admin.maxQueue('work', { low: 1 });
    await submit('4');
    expect(await total()).toBe(3);
    await admin.maxQueue('work', 2);
    await submit('5');
    // Gearman::Server takes it, and fails those that came before it.
    const left = name === 'Gearman::Server' ? 2 : 3;
    expect(await total()).toBe(left);
    await admin.maxQueue('work');
    await submit('6');
    expect(await total()).toBe(left + 1);
  });

  test('is told what is wrong', async (context) => {
    const { admin } = await sceneOf(server, context);
    await expect(admin.command('maxqueue')).rejects.toMatchObject({
      command: 'maxqueue',
      answer: expect.stringMatching(/^(INVALID_ARGUMENTS|incomplete_args)$/),
      text: expect.stringMatching(/^An incomplete set of arguments was sent to this command/),
      unsupported: false,
    });
    await expect(admin.command('nonsense')).rejects.toEqual(unsupported);
    await expect(admin.command('nonsense', { ends: 'dot' })).rejects.toEqual(unsupported);
    await expect(admin.command('')).rejects.toMatchObject({ code: 'GEARMAN_INVALID_NAME', sent: false });
    await expect(admin.createFunction('two words')).rejects.toMatchObject({ code: 'GEARMAN_INVALID_NAME' });
    expect(await admin.command('version')).toMatch(/^(OK |v)\d/);
    expect(await admin.command('workers', { ends: 'dot' })).toEqual([expect.stringMatching(/^\d+ 127\.0\.0\.1 - :/)]);
  });

  test('is not misled by names that read as answers', async (context) => {
    const scene = await sceneOf(server, context);
    const { admin } = scene;
    const worker = await scene.talk();
    const odd = 'ERR x\n.\nOK\ty';
    await worker(request(PACKETS.CAN_DO, odd), request(PACKETS.CAN_DO, '.'));
    const client = await scene.talk();
    for (const unique of ['.', 'ERR x', '']) await client(request(PACKETS.SUBMIT_JOB, `.\0${unique}\0`));
    const asked = Promise.all([admin.status(), admin.version(), admin.workers(), admin.version()] as const);
    const [status, version, workers, again] = await asked;
    const printed = name === 'ours' ? 'ERR x%0a.%0aOK%09y' : odd;
    expect(inOrder(status, (row) => row.function)).toEqual([
      { function: '.', total: 3, running: 0, workers: 1 },
      { function: printed, total: 0, running: 0, workers: 1 },
    ]);
    expect(again).toBe(version);
    expect(workers).toHaveLength(3);
    if (has('showUniqueJobs')) {
      const uniques = inOrder(await admin.showUniqueJobs(), (unique) => unique);
      expect(uniques).toEqual(['', '.', 'ERR x']);
    }
  });

  test.runIf(has('shutdown'))('ends it', async (context) => {
    const { admin } = await sceneOf(server, context);
    const codeOf = (asked: Promise<unknown>): Promise<string> =>
      asked.then(
        () => 'OK',
        (error: { code: string }) => error.code,
      );
    // The answer may not come any more.
    expect(await codeOf(admin.shutdown())).toMatch(/^(OK|WIRE_CONNECTION_LOST)$/);
    await context.expect.poll(() => codeOf(admin.version())).toBe('WIRE_CONNECT_FAILED');
  });
});
