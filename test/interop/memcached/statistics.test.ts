import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';

import { requests } from '@wirewright/codec-memcached-binary';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { program } from '../../support/programs.ts';
import { frames } from './binary-cases.ts';
import { hold } from './dialogue.ts';
import { TEXT_CASES } from './text-cases.ts';
import { TwoServers } from './two-servers.ts';

const memcached = program('memcached');
const version = memcached === undefined ? '' : execFileSync(memcached, ['-V']).toString().trim();

/** What counts things that both have; what has expired is found by a thread of memcached's, sooner or later. */
const COUNTED = [
  'cmd_get',
  'cmd_set',
  'cmd_flush',
  'cmd_touch',
  'cmd_meta',
  'get_hits',
  'get_misses',
  'delete_misses',
  'delete_hits',
  'incr_misses',
  'incr_hits',
  'decr_misses',
  'decr_hits',
  'cas_misses',
  'cas_hits',
  'cas_badval',
  'touch_hits',
  'touch_misses',
  'store_too_large',
  'store_no_memory',
  'bytes',
  'curr_items',
  'total_items',
  'evictions',
  'limit_maxbytes',
];

/** The lines of `stats`, by name. */
function named(answer: string): Map<string, string> {
  return new Map([...answer.matchAll(/^STAT (\S+) (.*)\r$/gm)].map(([, name, value]) => [name!, value!]));
}

function counted(answer: string, names: readonly string[]): string[] {
  const stats = named(answer);
  return names.map((name) => `${name} ${stats.get(name)}`);
}

describe.runIf(version.endsWith(' 1.6.18'))('memcached 1.6.18 and ours', () => {
  let servers: TwoServers;

  beforeAll(async () => {
    servers = await TwoServers.start(memcached!);
  });

  afterAll(async () => {
    await servers.close();
  });

  test('have statistics by the same names, in the same order', async () => {
    const { real, ours } = await hold(servers, ['stats\r\n', 'set a 0 0 1\r\n1\r\nstats items\r\n']);
    expect([...named(ours[0]!).keys()]).toEqual([...named(real[0]!).keys()]);
    expect([...named(ours[1]!).keys()]).toEqual([...named(real[1]!).keys()]);
  });

  test('count the same after the same load', async () => {
    await hold(servers, ['stats reset\r\n']);
    for (const [name, dialogue] of TEXT_CASES.slice(0, 270))
      if (!name.includes('expired')) await hold(servers, dialogue);
    // One after the other: memcached replaces a counter that an answer still refers to.
    const binary = [
      requests.set('b', '1'),
      requests.get('b'),
      requests.get('none', { quiet: true }),
      requests.increment('b'),
      requests.decrement('none'),
      requests.increment('made', { initial: 5 }),
      requests.getAndTouch('b', 100),
      requests.touch('none', 1),
      requests.delete('b'),
      requests.delete('b'),
      requests.set('b', '2', { cas: 5n }),
      requests.append('b', '2'),
    ].map((request) => frames(request));
    await hold(servers, binary);
    const large = `set big 0 0 2000000\r\n${'x'.repeat(2_000_000)}\r\n`;
    const { real, ours } = await hold(servers, [large, 'stats\r\n']);
    expect(counted(ours[1]!, COUNTED)).toEqual(counted(real[1]!, COUNTED));
  });

  test('tell those who watch of the same things, in the same order', async () => {
    const [watchers, lines] = [await servers.lines(), await servers.lines()];
    const asked = [
      'set w 0 0 1\r\n1\r\n',
      'set w 0 100 2\r\n12\r\n',
      'add w 0 0 1\r\n1\r\n',
      'replace none 0 0 1\r\n1\r\n',
      'append w 0 0 3\r\n345\r\n',
      'prepend none 0 0 1\r\n1\r\n',
      'cas w 0 0 1 1\r\n1\r\n',
      'incr w 1\r\n',
      'decr none 1\r\n',
      'touch w 10\r\n',
      'touch none 10\r\n',
      'gat 10 w none\r\n',
      'get w none\r\n',
      'delete w\r\n',
      'delete w\r\n',
      'mg none v\r\n',
      'mg vivified N10 v\r\n',
      'ms w 1\r\n1\r\n',
      'ms w 2 MA\r\n23\r\n',
      'mg w t v\r\n',
      'me w\r\n',
      'ma w\r\n',
      'ma none\r\n',
      'md w\r\n',
      'md w\r\n',
      frames(requests.set('b', '1')),
      frames(requests.append('b', '2')),
      frames(requests.increment('b')),
      frames(requests.delete('b')),
      'get the-last\r\n',
    ];
    const told: string[] = [];
    for (const [i, watcher] of watchers.entries()) {
      await watcher.ask(Buffer.from('watch fetchers mutations\r\n'), (answer) => answer.includes('OK\r\n'));
      const line = lines[i]!;
      const binary = (await servers.lines())[i]!;
      const seen = watcher.ask(Buffer.alloc(0), (answer) => answer.includes('key=the-last'));
      for (const bytes of asked) {
        if (typeof bytes === 'string') await line.ask(Buffer.from(bytes), (answer) => answer.includes('\n'));
        else await binary.ask(bytes, (answer) => answer.length >= 24);
      }
      // A second may pass.
      const text = (await seen).replaceAll(/ttl=9\d/g, 'ttl=100');
      told.push(text.replaceAll(/^ts=\S+ gid=\d+ /gm, '').replaceAll(/(clsid|cfd)=\d+/g, '$1='));
      for (const each of [watcher, line, binary]) each.destroy();
    }
    expect(told[1]!.split('\n')).toEqual(told[0]!.split('\n'));
    expect(told[0]).toContain('key=the-last');
  });

  test('count bytes and connections the same', async () => {
    const fresh = await TwoServers.start(memcached!);
    try {
      await hold(fresh, ['set a 0 0 100\r\n'.concat('x'.repeat(100), '\r\n'), 'get a\r\n', 'mg a v\r\n']);
      await hold(fresh, [frames(requests.get('a'))]);
      const { real, ours } = await hold(fresh, ['stats\r\n']);
      const names = ['bytes_written', 'bytes_read'];
      expect(counted(ours[0]!, names)).toEqual(counted(real[0]!, names));
      const again = await hold(fresh, ['stats reset\r\n', 'get none\r\n', 'stats\r\n']);
      expect(counted(again.ours[2]!, names)).toEqual(counted(again.real[2]!, names));
    } finally {
      await fresh.close();
    }
  });
});
