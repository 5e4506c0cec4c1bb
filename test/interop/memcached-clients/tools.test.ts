import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { program, Running } from '../../support/programs.ts';
import { type Finish, isReal, PASSWORD, type Protocol, Servers, type Start, USER, type Way } from './servers.ts';

const DEBIAN = 'libmemcached-tools';
const PATIENCE = { timeout: 60_000 };

const memccapable = program('memccapable', DEBIAN);
const memcaslap = program('memcaslap', DEBIAN);
const tools = program('memccp', DEBIAN);

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

async function run(finish: Finish, path: string, args: readonly string[]): Promise<Outcome> {
  const running = new Running(path, args);
  finish(async () => running.destroy());
  return { code: await running.ended, output: running.output };
}

let servers: Servers;

beforeAll(async () => {
  servers = await Servers.prepare();
});

afterAll(() => servers.remove());

describe.concurrent.each<[string, (of: Servers) => Start, (way: Way, protocol: Protocol) => boolean]>([
  ['memcached', ({ real }) => real, isReal],
  ['our server', ({ ours }) => ours, () => true],
])('%s', (name, startOf, isThere) => {
  const start: Start = (...args) => startOf(servers)(...args);
  const is = isThere('TCP', 'text');

  test.runIf(is && memccapable !== undefined).for<[string, string]>([
    ['ascii', '-a'],
    ['binary', '-b'],
  ])('passes all tests of memccapable, %s', PATIENCE, async ([protocol, option], { onTestFinished }) => {
    const [host, port] = (await start(onTestFinished)).split(':') as [string, string];
    const { code, output } = await run(onTestFinished, memccapable!, ['-h', host, '-p', port, option]);
    const results = output.split('\n').filter((line) => line.startsWith(protocol));
    expect(results.filter((line) => !line.endsWith('[pass]'))).toEqual([]);
    expect(results.length).toBe(27);
    expect(code).toBe(0);
  });

  test.runIf(is && memcaslap !== undefined).for<[string, string[]]>([
    ['text', []],
    ['binary', ['-B']],
    ['text, ten keys at once', ['-d', '10']],
    ['binary, ten keys at once', ['-B', '-d', '10']],
  ])('gives memcaslap what it has stored: %s', PATIENCE, async ([, options], { onTestFinished }) => {
    const address = await start(onTestFinished);
    const load = ['-T', '1', '-c', '8', '-x', '4000', '-v', '1'];
    const { code, output } = await run(onTestFinished, memcaslap!, ['-s', address, ...load, ...options]);
    const counted = (what: string): number => Number(new RegExp(`^${what}: (\\d+)$`, 'm').exec(output)?.[1]);
    expect(counted('cmd_get')).toBeGreaterThan(2000);
    expect(counted('cmd_set')).toBeGreaterThan(200);
    expect([counted('get_misses'), counted('verify_misses'), counted('verify_failed')]).toEqual([0, 0, 0]);
    expect(code).toBe(0);
  });

  const ways: readonly [Protocol, Way][] = [
    ['text', 'TCP'],
    ['text', 'a unix socket'],
    ['binary', 'TCP'],
    ['binary', 'a login'],
  ];
  const there = ways.filter(([protocol, way]) => isThere(way, protocol));

  test.runIf(tools !== undefined).for(there)(
    'works with the memc... tools, %s, over %s',
    PATIENCE,
    async ([protocol, way], { onTestFinished }) => {
      const address = await start(onTestFinished, way, protocol);
      const options = [`--servers=${address}`];
      if (protocol === 'binary') options.push('--binary');
      if (way === 'a login') options.push(`--username=${USER}`, `--password=${PASSWORD}`);
      const tool = (command: string, ...args: string[]): Promise<Outcome> =>
        run(onTestFinished, program(command, DEBIAN)!, [...options, ...args]);
      const silent = (code: number): Outcome => ({ code, output: '' });

      const file = join(servers.folder, `${name}, ${protocol}, ${way}`.replaceAll(' ', '-'));
      const key = basename(file);
      const bytes = Buffer.concat([
        Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
        Buffer.alloc(100_000, '\r\n'),
      ]);
      writeFileSync(file, bytes);
      expect(await tool('memcexist', key)).toEqual(silent(1));
      expect((await tool('memccp', '--replace', file)).code).toBe(1);
      expect(await tool('memccp', '--flags=7', '--expire=1000', file)).toEqual(silent(0));
      expect((await tool('memccp', '--add', file)).code).toBe(1);
      expect(await tool('memccp', '--flags=8', '--replace', file)).toEqual(silent(0));
      expect(await tool('memcexist', key)).toEqual(silent(0));
      expect(await tool('memccat', `--file=${file}.got`, key)).toEqual(silent(0));
      expect(readFileSync(`${file}.got`).equals(bytes)).toBe(true);
      expect((await tool('memccat', '--flags', key)).output.startsWith('8\n')).toBe(true);
      expect(await tool('memctouch', '--expire=1000', key)).toEqual(silent(0));
      expect((await tool('memctouch', 'none')).code).toBe(1);
      const { output } = await tool('memcstat');
      expect(output).toMatch(/^\tpointer_size: 64$/m);
      expect(output).toMatch(/^\tcurr_items: 1$/m);
      expect((await tool('memcstat', 'settings')).output).toMatch(/^\tcas_enabled: yes$/m);
      expect((await tool('memcstat', '--server-version')).output).toMatch(/ 1\.6\.\d+\n$/);
      if (protocol === 'text') expect(await tool('memcping')).toEqual(silent(0));
      // By the binary protocol the keys cannot be listed, and memcached lists the youngest only when it is told to keep one LRU.
      if (protocol === 'text' && way === 'TCP') expect(await tool('memcdump')).toEqual({ code: 0, output: `${key}\n` });
      expect(await tool('memcrm', key)).toEqual(silent(0));
      expect((await tool('memcrm', key)).code).toBe(1);
      await tool('memccp', file);
      expect(await tool('memcflush')).toEqual(silent(0));
      expect(await tool('memcexist', key)).toEqual(silent(1));
    },
  );
});
