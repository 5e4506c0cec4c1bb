import { Buffer } from 'node:buffer';

import { packetRules, PacketType } from '@wirewright/codec-gearman';
import type { JobServer } from '@wirewright/gearman';
import { describe, expect, test } from 'vitest';

import { frame } from '../codec-gearman/frames.ts';
import { random } from '../support/random.ts';
import { serve, Talk, worker } from './scene.ts';

const INVALID_COMMAND = 'ERROR INVALID_COMMAND Command not expected';

describe('what is framed as it should be, and wrong, is answered, and the connection goes on', () => {
  test('every packet that is not a request, the types that there are not, and those above', async () => {
    const c = await Talk.to(await serve());
    const notRequests = packetRules.flatMap((rule) =>
      rule?.from === 'server' || rule?.name === 'ALL_YOURS' ? [rule.type] : [],
    );
    for (const type of [...notRequests, 0, 5, 43, 1000, 0xffffffff]) {
      expect(await c.bytes(frame('REQ', type, 'a', 'b', 'c', 'd', 'e', 'f')).all()).toEqual([INVALID_COMMAND]);
      expect(await c.bytes(frame('REQ', type)).all()).toEqual([INVALID_COMMAND]);
    }
    expect(notRequests).toHaveLength(12);
  });

  test('every packet that lacks arguments: never the bytes of the next one are taken for them', async () => {
    const c = await Talk.to(await serve());
    for (const rule of packetRules) {
      if (rule === undefined || rule.from === 'server' || rule.args.length < 2) continue;
      const result = rule.from === 'worker' && rule.opaque;
      for (let count = 0; count < rule.args.length - (result ? 2 : 1); count++) {
        const args = Array.from({ length: count + 1 }, () => 'x');
        const expected = `ERROR INVALID_PACKET ${rule.name} takes ${rule.args.join(', ')}`;
        expect(await c.bytes(frame('REQ', rule.type, ...args)).all()).toEqual([expected]);
      }
      // Nothing at all, where a handle alone would do.
      expect(await c.bytes(frame('REQ', rule.type)).all()).toEqual([expect.stringMatching(/^ERROR /)]);
    }
  });

  test('a packet that comes as a response, payloads where none belong', async () => {
    const c = await Talk.to(await serve());
    expect(await c.bytes(frame('RES', PacketType.EchoReq, 'x')).all()).toEqual([
      'ERROR INVALID_MAGIC Request magic expected',
    ]);
    expect(await c.bytes(frame('REQ', PacketType.GrabJob, 'payload')).all()).toEqual(['NO_JOB']);
    expect(await c.bytes(frame('REQ', PacketType.PreSleep, 'pay\0load')).all()).toEqual([]);
  });

  test('a packet over the limit: told at once, and skipped as it comes', async () => {
    const server = await serve({ maxFrameLength: 4096 });
    const c = await Talk.to(server);
    const large = frame('REQ', PacketType.SubmitJob, 'f', '', Buffer.alloc(64 * 1024 * 1024));
    c.bytes(large.subarray(0, 12));
    expect(await c.next()).toBe('ERROR ARGUMENT_TOO_LARGE Packet is over the limit of this server');
    c.bytes(large.subarray(12));
    expect(await c.all()).toEqual([]);
    expect(server.jobs.total).toBe(0);
  });

  test('an empty function name', async () => {
    const server = await serve();
    const [c, w] = [await Talk.to(server), await worker(server, '')];
    expect(await c.ask('SUBMIT_JOB', '', '', 'x')).toBe('JOB_CREATED H:t:1');
    expect(await w.ask('GRAB_JOB')).toBe('JOB_ASSIGN H:t:1  x');
  });
});

describe('what is not framed is answered, and ends the connection', () => {
  test.each([
    ['another magic', '\0XYZ\0\0\0\u0007\0\0\0\0'],
    ['a NUL and what is no magic', '\0RXX'],
    ['a length that nobody means', '\0REQ\0\0\0\u0007\u007f\u00ff\u00ff\u00ff'],
    ['the longest length', '\0REQ\0\0\0\u0007\u00ff\u00ff\u00ff\u00ff'],
  ])('%s', async (_, bytes) => {
    const c = await Talk.to(await serve());
    expect(await c.send('ECHO_REQ', 'x').bytes(Buffer.from(bytes, 'latin1')).end()).toEqual([
      'ECHO_RES x',
      'ERROR INVALID_MAGIC Request magic expected',
    ]);
  });

  test('a line that is too long', async () => {
    const c = await Talk.to(await serve());
    expect(await c.bytes(Buffer.alloc(10_000, 'x')).end()).toEqual(['ERR LINE_TOO_LONG Line+is+too+long']);
    const d = await Talk.to(await serve());
    const line = `${'x'.repeat(8191)}\n`;
    expect(await d.send(line).next()).toMatch(/^ERR UNKNOWN_COMMAND/);
  });

  test('what ends within a packet is dropped, with its connection', async () => {
    const server = await serve();
    const c = await Talk.to(server);
    c.bytes(frame('REQ', PacketType.SubmitJob, 'f', '', 'x').subarray(0, 14));
    c.socket.end();
    await c.end();
    await expect.poll(() => server.connections.size).toBe(0);
    expect(server.jobs.total).toBe(0);
  });
});

/** Submits jobs, and checks what comes of each, until `done`; returns how many. */
async function goodClient(server: JobServer, name: string, done: () => boolean): Promise<number> {
  const [c, w] = [await Talk.to(server), await worker(server, name)];
  let count = 0;
  for (; !done(); count++) {
    const payload = `${name} ${count}`;
    const [, handle] = (await c.ask('SUBMIT_JOB', name, '', payload)).split(' ');
    expect(await w.ask('GRAB_JOB')).toBe(`JOB_ASSIGN ${handle} ${name} ${payload}`);
    w.send('WORK_COMPLETE', handle!, payload);
    expect(await c.next()).toBe(`WORK_COMPLETE ${handle} ${payload}`);
  }
  return count;
}

/** Frames that begin as requests do, and go wrong somewhere. */
function nonsense(next: () => number): Buffer {
  const below = (limit: number): number => Math.floor(next() * limit);
  const parts: Buffer[] = [];
  for (let i = 0; i < 30; i++) {
    const pick = next();
    if (pick < 0.15) {
      parts.push(
        Buffer.from(
          ['status\n', 'workers\r\n', 'cancel job H:t:1\n', 'maxqueue evil 1\n', '\n', 'x x x x x x x\n'][below(6)]!,
        ),
      );
      continue;
    }
    const type = next() < 0.9 ? below(43) : below(300);
    const args = Array.from(
      { length: below(6) },
      () => ['evil', '', '-', 'H:t:1', '3', '*', '\xff'.repeat(70)][below(7)]!,
    );
    const bytes = frame(next() < 0.99 ? 'REQ' : 'RES', type, ...args);
    if (next() < 0.02) bytes.writeUInt32BE(below(2 ** 32), 8);
    if (next() < 0.01) bytes[below(bytes.length)] = below(256);
    parts.push(bytes);
  }
  const all = Buffer.concat(parts);
  return next() < 0.2 ? all.subarray(0, below(all.length)) : all;
}

test('400 connections that send nonsense disturb nobody else, and leave nothing behind but what they have submitted', async () => {
  const server = await serve();
  let over = false;
  const good = ['one', 'two', 'three'].map((name) => goodClient(server, name, () => over));
  const next = random(7);
  for (let i = 0; i < 400; i += 8) {
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const talk = await Talk.to(server);
        talk.bytes(nonsense(next));
        talk.socket.end();
        await talk.end();
      }),
    );
  }
  over = true;
  for (const count of await Promise.all(good)) expect(count).toBeGreaterThan(20);
  await expect.poll(() => server.connections.size).toBe(6);
  // Only what is in the background lives on without its client.
  server.cancel({ function: 'evil' });
  for (const of of server.functions) {
    expect(of.running).toBe(0);
    if (['one', 'two', 'three'].includes(of.name)) expect(of).toMatchObject({ workers: 1, failed: 0, cancelled: 0 });
    else expect(of.workers).toBe(0);
  }
});

test('never silent: whatever single request is sent, something is answered, or nothing was asked', async () => {
  const silent = new Set<number>([
    PacketType.CanDo,
    PacketType.CantDo,
    PacketType.ResetAbilities,
    PacketType.PreSleep,
    PacketType.SetClientId,
    PacketType.CanDoTimeout,
  ]);
  const c = await Talk.to(await serve());
  const values = ['', 'f', '-', 'H:t:1', '9'.repeat(30), 'x'.repeat(300), 'a\0b\0'];
  for (let type = 0; type < 50; type++) {
    const count = packetRules[type]?.args.length ?? 1;
    for (const value of values) {
      const answers = await c.bytes(frame('REQ', type, ...Array.from({ length: count }, () => value))).all();
      const asked = answers.filter((answer) => answer !== 'NOOP');
      if (!silent.has(type)) expect([type, value, asked.length]).toEqual([type, value, 1]);
      else expect(asked.every((answer) => answer.startsWith('ERROR'))).toBe(true);
    }
  }
});

test('a client that never reads its results holds up nobody, and is cut off', async () => {
  const server = await serve({ maxBufferedBytes: 1024 * 1024 });
  const [c, w, other] = [await Talk.to(server), await worker(server, 'f'), await Talk.to(server)];
  c.send('SUBMIT_JOB', 'f', '', '');
  await c.next();
  c.socket.pause();
  await w.ask('GRAB_JOB');
  const chunk = Buffer.alloc(256 * 1024);
  for (let i = 0; i < 80 && server.connections.size === 3; i++) await w.send('WORK_DATA', 'H:t:1', chunk).all();
  await expect.poll(() => server.connections.size).toBe(2);
  expect(await w.send('WORK_COMPLETE', 'H:t:1', '').all()).toEqual([]);
  expect(await other.ask('ECHO_REQ', 'here')).toBe('ECHO_RES here');
});

test('one that submits faster than a store can keep is slowed down', async () => {
  const { FakeStore } = await import('./fake-store.ts');
  const store = new FakeStore();
  store.quick = false;
  const server = await serve({ store });
  const c = await Talk.to(server);
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => frame('REQ', PacketType.SubmitJobBg, 'f', '', 'x')));
  c.bytes(many);
  await expect.poll(() => server.jobs.total).toBeGreaterThan(4000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.jobs.total).toBeLessThan(6000);
  store.quick = true;
  for (const { settle } of store.commits) settle();
  await expect.poll(() => store.jobs.size).toBe(20_000);
  expect(await c.all()).toHaveLength(20_000);
});
