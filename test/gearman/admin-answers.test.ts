import { Duplex } from 'node:stream';

import { ProtocolError, WireError } from '@wirewright/core';
import { type AdminClient, AdminError } from '@wirewright/gearman';
import { describe, expect, test, vi } from 'vitest';

import { patient } from '../support/patience.ts';
import { random } from '../support/random.ts';
import { adminOf, adminScene } from './admin-scene.ts';
import { answering } from './scripted-server.ts';

/** An administrator of a server that sends its answers in pieces of so many bytes. */
function inPieces(size: number, script: (line: string) => string): AdminClient {
  const stream = (): Duplex => {
    const answer = answering((line) => script(line.trimEnd()));
    return new Duplex({
      read() {},
      write(chunk, _encoding, callback) {
        const bytes = answer(chunk);
        for (let at = 0; at < bytes.length; at += size) this.push(bytes.subarray(at, at + size));
        callback();
      },
      final(callback) {
        this.push(null);
        callback();
      },
    });
  };
  return adminOf({ stream });
}

const unexpected = { name: 'UnexpectedReplyError', code: 'WIRE_UNEXPECTED_REPLY' };

/** Commands, what a server answers, and what they resolve with. */
const ANSWERS: readonly [string, (admin: AdminClient) => Promise<unknown>, string, unknown][] = [
  [
    'status',
    (admin) => admin.status(),
    'a\t3\t1\t2\ntab\tname\t0\t4294967295\t0\n\t0\t0\t0\n.\n',
    [
      { function: 'a', total: 3, running: 1, workers: 2 },
      { function: 'tab\tname', total: 0, running: 4_294_967_295, workers: 0 },
      { function: '', total: 0, running: 0, workers: 0 },
    ],
  ],
  [
    'prioritystatus',
    (admin) => admin.priorityStatus(),
    'a\t1\t2\t3\t4\r\n.\r\n',
    [{ function: 'a', high: 1, normal: 2, low: 3, workers: 4 }],
  ],
  [
    'workers',
    (admin) => admin.workers(),
    '33 127.0.0.1 - :\n34 ::1 me : b a\n6 10.0.0.1 the id : \n7  x : y : z\n8 - line\nend :\n.\n',
    [
      { fd: 33, address: '127.0.0.1', id: '-', functions: [] },
      { fd: 34, address: '::1', id: 'me', functions: ['b', 'a'] },
      { fd: 6, address: '10.0.0.1', id: 'the id', functions: [] },
      { fd: 7, address: '', id: 'x', functions: ['y', ':', 'z'] },
      { fd: 8, address: '-', id: 'line\nend', functions: [] },
    ],
  ],
  [
    'show jobs',
    (admin) => admin.showJobs(),
    'H:x:1\t2\t0\t1\nH:x:2\t0\t1\t0\n.\n',
    [
      { handle: 'H:x:1', retries: 2, ignored: false, durable: true },
      { handle: 'H:x:2', retries: 0, ignored: true, durable: false },
    ],
  ],
  ['show unique jobs', (admin) => admin.showUniqueJobs(), 'u\n\n.\nERR x\n.\n', ['u', '', '.', 'ERR x']],
  ['show unique jobs', (admin) => admin.showUniqueJobs(), '.\n', []],
  ['show unique jobs', (admin) => admin.showUniqueJobs(), 'ERR x\n.\n', ['ERR x']],
  [
    'jobs',
    (admin) => admin.jobs(),
    'f\tu\t127.0.0.1:1\t2\nf\t\t-\t0\nf\ta\tb\n.\t-\t1\n.\n',
    [
      { function: 'f', unique: 'u', worker: '127.0.0.1:1', listeners: 2 },
      { function: 'f', unique: '', worker: undefined, listeners: 0 },
      { function: 'f', unique: 'a\tb\n.', worker: undefined, listeners: 1 },
    ],
  ],
  [
    'clients',
    (admin) => admin.clients(),
    '127.0.0.1:1\n\tf\tu\t-\n\tg\tline\nend\t::1:5\n\n-\n.\n',
    [
      {
        address: '127.0.0.1:1',
        jobs: [
          { function: 'f', unique: 'u', worker: undefined },
          { function: 'g', unique: 'line\nend', worker: '::1:5' },
        ],
      },
      { address: '', jobs: [] },
      { address: '-', jobs: [] },
    ],
  ],
  ['json', (admin) => admin.json(), '{"a":[1]}\n', { a: [1] }],
  ['version', (admin) => admin.version(), 'OK 1.1.20+ds\n', '1.1.20+ds'],
  ['version', (admin) => admin.version(), 'v1.130.1\n', 'v1.130.1'],
  ['getpid', (admin) => admin.getPid(), 'OK 42\n', 42],
  ['verbose', (admin) => admin.verbose(), 'OK ERROR\n', 'ERROR'],
  ['cancel job H:x:1', (admin) => admin.cancelJob('H:x:1'), 'OK\r\n', true],
  ['cancel job H:x:1', (admin) => admin.cancelJob('H:x:1'), 'ERR UNKNOWN_JOB\r\n', false],
  ['cancel unique f u', (admin) => admin.cancelUnique('f', 'u'), 'ERR UNKNOWN_JOB\r\n', false],
  ['cancel function f', (admin) => admin.cancelFunction('f'), 'ERR function not found\r\n', false],
  ['create function f', (admin) => admin.createFunction('f'), 'OK\r\n', undefined],
  ['drop function f', (admin) => admin.dropFunction('f'), 'OK\r\n', true],
  ['drop function f', (admin) => admin.dropFunction('f'), 'ERR function not found\r\n', false],
  ['maxqueue f', (admin) => admin.maxQueue('f'), 'OK\n', undefined],
  ['maxqueue f 5', (admin) => admin.maxQueue('f', 5), 'OK\n', undefined],
  ['maxqueue f -1 7 -1', (admin) => admin.maxQueue('f', { normal: 7 }), 'OK\n', undefined],
  ['shutdown', (admin) => admin.shutdown(), 'OK\n', undefined],
  ['shutdown graceful', (admin) => admin.shutdown({ graceful: true }), 'OK\n', undefined],
  ['gladiator all', (admin) => admin.command('gladiator all', { ends: 'dot' }), '1 a\n.\n.\n', ['1 a', '.']],
  ['any thing', (admin) => admin.command('any thing'), 'goes\r\n', 'goes'],
];

describe('commands and answers', () => {
  test.each(ANSWERS)('%s', async (line, ask, answer, result) => {
    const { admin, server } = await adminScene(answer);
    expect(await ask(admin)).toEqual(result);
    expect(server.lines).toEqual([`${line}\r\n`]);
  });

  test.each([1, 2, 3, 5])('in pieces of %i bytes, asked for at once', async (size) => {
    const admin = inPieces(size, (line) => ANSWERS.find(([sent]) => sent === line)![2]);
    const firsts = ANSWERS.filter(([sent], i) => ANSWERS.findIndex(([other]) => other === sent) === i);
    const results = await Promise.all(firsts.map(([, ask]) => ask(admin)));
    expect(results).toEqual(firsts.map(([, , , result]) => result));
  });

  test.each([
    ['ERR UNKNOWN_COMMAND Unknown+server+commandx\r\n', 'UNKNOWN_COMMAND', 'Unknown server commandx', true],
    ['ERR unknown_command \r\n', 'unknown_command', '', true],
    ['ERR UNKNOWN_SHOW_ARGUMENTS\r\n', 'UNKNOWN_SHOW_ARGUMENTS', '', true],
    ['ERR incomplete_args An+incomplete+set\r\n', 'incomplete_args', 'An incomplete set', false],
    ['ERR there are still workers\r\n', '', 'there are still workers', false],
    ['ERR\n', '', '', false],
  ])('%j', async (line, answer, text, unsupported) => {
    const { admin, server } = await adminScene(line);
    for (const ask of [
      () => admin.status(),
      () => admin.version(),
      () => admin.cancelJob('h'),
      () => admin.command('x'),
    ]) {
      const error = await ask().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(AdminError);
      expect(error).toMatchObject({ code: 'GEARMAN_ADMIN_FAILED', answer, text, unsupported });
    }
    expect(server.sockets).toHaveLength(1);
    await expect(admin.status()).rejects.toMatchObject({ command: 'status' });
  });
});

describe('what cannot be the answer', () => {
  const cases: readonly [string, (admin: AdminClient) => Promise<unknown>, string][] = [
    ['a row that is none', (admin) => admin.status(), 'garbage\n.\n'],
    ['too few columns', (admin) => admin.priorityStatus(), 'f\t1\t2\t3\n.\n'],
    ['a number that is none', (admin) => admin.status(), 'f\t1\tx\t3\n.\n'],
    ['a number below zero', (admin) => admin.status(), 'f\t1\t-1\t3\n.\n'],
    ['a worker that is none', (admin) => admin.workers(), 'who 127.0.0.1\n.\n'],
    ['a job of nobody', (admin) => admin.clients(), '\tf\tu\t-\n.\n'],
    ['lines without end', (admin) => admin.status(), 'f\t0\t0\t0\n'],
    ['no line at all', (admin) => admin.status(), ''],
    ['a row of very many lines', (admin) => admin.status(), `${'x\n'.repeat(5000)}.\n`],
    ['an OK for rows', (admin) => admin.status(), 'OK\r\n'],
    ['rows for an OK', (admin) => admin.createFunction('f'), 'f\t0\t0\t0\n'],
    ['no version', (admin) => admin.version(), 'f\t0\t0\t0\n'],
    ['no number', (admin) => admin.getPid(), 'OK me\n'],
    ['no JSON', (admin) => admin.json(), '{"a":\n'],
    ['no object', (admin) => admin.json(), '[]\n'],
  ];

  test.each(cases)('%s', async (_, ask, answer) => {
    const { admin, server } = await adminScene((_line, connection) => (connection === 1 ? answer : 'OK 2\n'));
    const error = await ask(admin).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject(unexpected);
    // It closes the connection, and the next command makes another.
    expect(await admin.version()).toBe('2');
    expect(server.sockets).toHaveLength(2);
  });

  test('a packet', async () => {
    const packet = '\0RES\0\0\0\x0a\0\0\0\0';
    for (const ask of [(admin: AdminClient) => admin.status(), (admin: AdminClient) => admin.version()]) {
      const { admin } = await adminScene(packet);
      await expect(ask(admin)).rejects.toMatchObject({ ...unexpected, message: expect.stringContaining('NO_JOB') });
    }
    const { admin } = await adminScene('\0RES\0\0\0\x11\0\0\0\x0banswered 99');
    await expect(admin.status()).rejects.toMatchObject(unexpected);
  });

  test.each(['\0REQ\0\0\0\x0a\0\0\0\0', '\0what', '\0RES\0\0\0\x11\x7f\0\0\0'])('no packet: %j', async (bytes) => {
    const { admin } = await adminScene(bytes);
    const error = await admin.version().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'WIRE_CONNECTION_LOST', sent: true });
    expect((error as Error).cause).toBeInstanceOf(ProtocolError);
  });

  test('more than one line where there is one', async () => {
    const { admin, server } = await adminScene((_line, connection) => (connection === 1 ? 'OK 1\nOK 2\n' : 'OK 3\n'));
    expect(await admin.version()).toBe('1');
    await vi.waitFor(() => expect(server.sockets[0]!.destroyed).toBe(true), patient);
    expect(await admin.version()).toBe('3');
  });

  test('lines that nobody asked for', async () => {
    const { admin, server } = await adminScene('OK 1\n');
    await admin.version();
    server.sockets[0]!.write('OK 2\n');
    await vi.waitFor(() => expect(server.sockets[0]!.destroyed).toBe(true), patient);
    expect(await admin.version()).toBe('1');
    expect(server.sockets).toHaveLength(2);
  });

  test('an answer that is too long, in one line or in many', async () => {
    const long = `${'x'.repeat(2000)}\n`;
    const { admin } = await adminScene(`${'OK\n'.repeat(500)}.\n`, { maxAnswerLength: 1024 });
    await expect(admin.status()).rejects.toMatchObject({ name: 'AnswerTooLongError', code: 'GEARMAN_ANSWER_TOO_LONG' });
    const { admin: other } = await adminScene(long, { maxAnswerLength: 1024 });
    await expect(other.json()).rejects.toMatchObject({
      code: 'WIRE_CONNECTION_LOST',
      cause: expect.any(ProtocolError),
    });
    const fits = await adminScene(`{"a":"${'x'.repeat(1_000_000)}"}\n`);
    expect(await fits.admin.json()).toEqual({ a: 'x'.repeat(1_000_000) });
  });

  test('more commands than may wait', async () => {
    const { admin } = await adminScene('OK 1\n', { maxWaiting: 2 });
    const [first, second, third] = await Promise.allSettled([admin.version(), admin.version(), admin.version()]);
    expect([first, second]).toMatchObject([{ value: '1' }, { value: '1' }]);
    expect(third).toMatchObject({ reason: { code: 'WIRE_QUEUE_FULL', sent: false } });
    expect(await admin.version()).toBe('1');
  });

  test('others in flight are lost with it, and know why', async () => {
    const { admin } = await adminScene((line) => (line === 'status' ? 'garbage\n.\n' : 'OK 1\n'));
    const [before, bad, behind] = await Promise.allSettled([admin.version(), admin.status(), admin.version()]);
    expect(before).toMatchObject({ status: 'fulfilled', value: '1' });
    expect(bad).toMatchObject({ reason: unexpected });
    expect(behind).toMatchObject({ reason: { code: 'WIRE_CONNECTION_LOST', sent: true, cause: unexpected } });
  });

  test('whatever it is, every command is settled', async () => {
    const next = random(4730);
    const pieces = [
      '.\n',
      'ERR x\n',
      'OK\n',
      'f\t1\t2\t3\n',
      '\t',
      ' ',
      '\r\n',
      '\n',
      '\0',
      '\0RES',
      'x',
      'é',
      '7 a b :\n',
    ];
    const any = (): string =>
      Array.from({ length: next() * 8 }, () => pieces[Math.floor(next() * pieces.length)]).join('');
    const { admin } = await adminScene(any, { timeout: 200 });
    for (let round = 0; round < 40; round++) {
      const asked = [admin.status(), admin.workers(), admin.version(), admin.clients(), admin.showUniqueJobs()];
      for (const result of await Promise.allSettled(asked)) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(WireError);
      }
    }
  });
});
