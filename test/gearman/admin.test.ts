import { PacketType } from '@wirewright/codec-gearman';
import { describe, expect, test } from 'vitest';

import { frame } from '../codec-gearman/frames.ts';
import { serve, Talk, worker } from './scene.ts';

/** Sends a line, and collects what comes as raw text until `ends` is there. */
async function raw(talk: Talk, line: string, ends: string): Promise<string> {
  let text = '';
  talk.socket.removeAllListeners('data');
  talk.socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  talk.socket.write(line);
  await expect.poll(() => text.endsWith(ends)).toBe(true);
  return text;
}

/** A server with two functions: a job that runs, two that wait, one of them in the background, and a worker for one of them. */
async function scene(): Promise<{ server: Awaited<ReturnType<typeof serve>>; admin: Talk; c: Talk; w: Talk }> {
  const server = await serve({ version: '1.2.3' });
  const [c, w] = [await Talk.to(server), await worker(server, 'f', 'h')];
  c.send('SUBMIT_JOB', 'f', 'u1', '').send('SUBMIT_JOB_BG', 'f', 'u2', '').send('SUBMIT_JOB_LOW', 'g', '', '');
  await c.all();
  await w.ask('GRAB_JOB');
  await w.send('SET_CLIENT_ID', 'me').all();
  return { server, admin: await Talk.to(server), c, w };
}

describe('what gearmand has', () => {
  test('status, prioritystatus, workers, show jobs, show unique jobs: to the byte', async () => {
    const { admin } = await scene();
    expect(await raw(admin, 'status\n', '.\n')).toBe('f\t2\t1\t1\nh\t0\t0\t1\ng\t1\t0\t0\n.\n');
    expect(await raw(admin, 'STATUS\r\n', '.\n')).toBe('f\t2\t1\t1\nh\t0\t0\t1\ng\t1\t0\t0\n.\n');
    expect(await raw(admin, 'PriorityStatus\n', '.\n')).toBe('f\t0\t1\t0\t1\nh\t0\t0\t0\t1\ng\t0\t0\t1\t0\n.\n');
    const workers = await raw(admin, 'workers\n', '.\n');
    expect(workers.replaceAll(/^\d+/gm, '#')).toBe('# 127.0.0.1 - :\n# 127.0.0.1 me : h f\n# 127.0.0.1 - :\n.\n');
    // The youngest first.
    expect(workers.match(/^\d+/gm)!.map((id, i, [first]) => Number(first) - Number(id) - i)).toEqual([0, 0, 0]);
    expect(await raw(admin, 'show jobs\n', '.\n')).toBe('H:t:1\t0\t0\t0\nH:t:2\t0\t0\t1\nH:t:3\t0\t0\t0\n.\n');
    expect(await raw(admin, 'show   unique  jobs\n', '.\n')).toBe('u1\nu2\n\n.\n');
  });

  test.each([
    ['version', 'OK 1.2.3\n'],
    ['getpid', `OK ${process.pid}\n`],
    ['verbose', 'OK ERROR\n'],
    ['cancel job H:t:9', 'ERR UNKNOWN_JOB\r\n'],
    ['cancel x y', 'ERR UNKNOWN_ERROR\r\n'],
    ['cancel', 'ERR UNKNOWN_COMMAND Unknown+server+commandcancel\r\n'],
    ['cancel job', 'ERR UNKNOWN_COMMAND Unknown+server+commandcancel\r\n'],
    ['create function x', 'OK\r\n'],
    ['create', 'ERR INVALID_ARGUMENTS An+incomplete+set+of+arguments+was+sent+to+this+command+create\r\n'],
    ['drop function nobody', 'ERR function not found\r\n'],
    ['drop function f', 'ERR there are still connected workers or executing clients\r\n'],
    ['drop', 'ERR INVALID_ARGUMENTS An+incomplete+set+of+arguments+was+sent+to+this+command+drop\r\n'],
    ['maxqueue f 5', 'OK\r\n'],
    ['maxqueue', 'ERR INVALID_ARGUMENTS An+incomplete+set+of+arguments+was+sent+to+this+command+maxqueue\r\n'],
    ['nonsense x', 'ERR UNKNOWN_COMMAND Unknown+server+commandnonsense\r\n'],
    ['', 'ERR UNKNOWN_COMMAND Unknown+server+command\r\n'],
    ['show', 'ERR UNKNOWN_COMMAND Unknown+server+commandshow\r\n'],
    ['show x', 'ERR UNKNOWN_SHOW_ARGUMENTS\r\n'],
  ])('%j', async (line, answer) => {
    const { admin } = await scene();
    expect(await raw(admin, `${line}\n`, '\n')).toBe(answer);
  });

  test('a job that is cancelled ends once for its clients, waiting or running', async () => {
    const { admin, c, w } = await scene();
    expect(await admin.admin('cancel job H:t:1')).toEqual(['OK']);
    expect(await admin.admin('cancel job H:t:1')).toEqual(['ERR UNKNOWN_JOB']);
    expect(await w.ask('WORK_COMPLETE', 'H:t:1', '')).toMatch(/^ERROR JOB_NOT_FOUND/);
    expect(await c.all()).toEqual(['WORK_FAIL H:t:1']);
    expect(await admin.admin('cancel unique f u2')).toEqual(['OK']);
    expect(await admin.admin('cancel function g')).toEqual(['OK']);
    expect(await admin.admin('show jobs')).toEqual([]);
    expect(await c.all()).toEqual(['WORK_FAIL H:t:3']);
  });

  test('a function that is created keeps its last letter, and is dropped only when nothing is lost by it', async () => {
    const { server, admin, w } = await scene();
    expect(await admin.admin('create function newfn')).toEqual(['OK']);
    expect(await admin.admin('create function other\r')).toEqual(['OK']);
    expect(server.functions.map(({ name }) => name)).toEqual(['f', 'h', 'g', 'newfn', 'other']);
    expect(await admin.admin('drop function newfn')).toEqual(['OK']);
    expect(await admin.admin('drop function g')).toEqual([expect.stringMatching(/^ERR there are still/)]);
    expect(await admin.admin('drop function h')).toEqual([expect.stringMatching(/^ERR there are still/)]);
    await w.send('CANT_DO', 'h').all();
    expect(await admin.admin('drop function h')).toEqual(['OK']);
    expect(await admin.admin('show jobs')).toHaveLength(3);
  });

  test('maxqueue: one number is for all, two leave the third without, also of a function that there is not yet', async () => {
    const { server, admin } = await scene();
    const limits = (name: string): unknown => server.functions.find((of) => of.name === name)?.maxQueue;
    for (const [line, expected] of [
      ['maxqueue new 3', { high: 3, normal: 3, low: 3 }],
      ['maxqueue new 1 2', { high: 1, normal: 2, low: 0 }],
      ['maxqueue new 1 2 3', { high: 1, normal: 2, low: 3 }],
      ['maxqueue new -1', { high: 0, normal: 0, low: 0 }],
      ['maxqueue new abc', { high: 0, normal: 0, low: 0 }],
      ['maxqueue new', { high: 0, normal: 0, low: 0 }],
    ] as const) {
      expect(await admin.admin(line)).toEqual(['OK']);
      expect(limits('new')).toEqual(expected);
    }
  });

  test('lines and packets in turn on one connection, pipelined', async () => {
    const { admin } = await scene();
    admin.bytes(
      Buffer.concat([
        Buffer.from('version\n'),
        frame('REQ', PacketType.EchoReq, 'x\n'),
        Buffer.from('getpid\r\nversion\n'),
        frame('REQ', PacketType.GetStatus, 'H:t:2'),
      ]),
    );
    expect(await admin.all()).toEqual([
      'OK 1.2.3',
      'ECHO_RES x\n',
      `OK ${process.pid}`,
      'OK 1.2.3',
      'STATUS_RES H:t:2 1 0 0 0',
    ]);
  });

  test('names break neither lines nor columns', async () => {
    const server = await serve();
    const [w, admin] = [await worker(server, 'a\nb\tc', 'two words', 'grün'), await Talk.to(server)];
    await w.send('SET_CLIENT_ID', ' my\nown id ').all();
    expect((await admin.admin('status')).map((line) => line.split('\t')[0])).toEqual([
      'a%0ab%09c',
      'two words',
      'grün',
    ]);
    expect((await admin.admin('workers')).map((line) => line.replace(/^\d+/, '#'))).toEqual([
      '# 127.0.0.1 - :',
      '# 127.0.0.1 my_own_id : grün two%20words a%0ab%09c',
    ]);
    await w.send('SET_CLIENT_ID', 'x'.repeat(500)).send('SET_CLIENT_ID', '\n').all();
    expect((await admin.admin('workers'))[1]).toMatch(/^\d+ 127.0.0.1 - :/);
  });
});

describe("what Perl's Gearman::Server has", () => {
  test('jobs, clients', async () => {
    const { admin, c, w } = await scene();
    const place = ({ socket }: Talk): string => `127.0.0.1:${socket.localPort}`;
    expect(await admin.admin('jobs')).toEqual([`f\tu1\t${place(w)}\t1`, 'f\tu2\t-\t0', 'g\t\t-\t1']);
    expect(await admin.admin('clients')).toEqual([
      place(c),
      `\tf\tu1\t${place(w)}`,
      '\tg\t\t-',
      place(w),
      place(admin),
    ]);
  });

  test('shutdown, when it is allowed', async () => {
    const refused = await Talk.to(await serve());
    expect(await refused.admin('shutdown')).toEqual(['ERR NOT_ALLOWED Shutdown+is+not+enabled']);
    expect(await refused.admin('shutdown now')).toEqual(['ERR unknown_args Unknown+arguments+to+server+command']);
    const server = await serve({ allowShutdown: true });
    const admin = await Talk.to(server);
    expect(await raw(admin, 'shutdown\n', '\n')).toBe('OK\n');
    expect(await server.closed).toMatchObject({ destroyed: 0 });
  });

  test('shutdown graceful: when no job is left', async () => {
    const server = await serve({ allowShutdown: true });
    const [admin, c, w] = [await Talk.to(server), await Talk.to(server), await worker(server, 'f')];
    await c.ask('SUBMIT_JOB', 'f', '', 'x');
    expect(await admin.admin('shutdown graceful')).toEqual(['OK']);
    await expect.poll(() => server.address).toBeUndefined();
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1 f x');
    await w.send('WORK_COMPLETE', 'H:t:1', 'y').end();
    expect(await c.end()).toEqual(['WORK_COMPLETE H:t:1 y']);
    await server.closed;
  });

  test('a hook of the server decides instead', async () => {
    const asked: boolean[] = [];
    const server = await serve({ allowShutdown: true }, (s) => s.onShutdown((graceful) => asked.push(graceful)));
    const admin = await Talk.to(server);
    await admin.admin('shutdown');
    await admin.admin('SHUTDOWN Graceful');
    await admin.admin('version');
    expect(asked).toEqual([false, true]);
  });
});

test('one answer in JSON has all of it', async () => {
  const { admin } = await scene();
  const [line] = await admin.admin('json');
  expect(JSON.parse(line!)).toMatchObject({
    version: '1.2.3',
    pid: process.pid,
    connections: 3,
    jobs: { total: 3, running: 1, waiting: 0 },
    functions: [
      { name: 'f', queued: { high: 0, normal: 1, low: 0 }, running: 1, workers: 1, submitted: 2, completed: 0 },
      { name: 'h', running: 0, workers: 1 },
      { name: 'g', queued: { low: 1 }, workers: 0 },
    ],
  });
});

test('it is utf-8, as the names of functions are', async () => {
  const server = await serve();
  const c = await Talk.to(server);
  await c.ask('SUBMIT_JOB_BG', Buffer.from('grüße日'), '', 'x');
  const text = Buffer.from(await raw(c, 'json\n', '\n'), 'latin1').toString('utf8');
  expect(JSON.parse(text)).toMatchObject({ functions: [{ name: 'grüße日' }] });
});
