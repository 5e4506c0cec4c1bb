import { requests, Status } from '@wirewright/codec-memcached-binary';
import { MemoryStore } from '@wirewright/memcached';
import { describe, expect, test } from 'vitest';

import { serve, statsOf, talkTo } from './scene.ts';

describe('statistics', () => {
  test('are counted', async () => {
    const server = await serve({ memoryLimit: 32 * 1024 * 1024, maxConnections: 77 });
    const talk = await talkTo(server);
    await talk.text(
      'set a 0 0 1\r\n1\r\nget a b\r\nincr a 1\r\ndecr b 1\r\ntouch a 9\r\ndelete a\r\ndelete a\r\nmg a\r\nflush_all\r\n',
    );
    await talk.text('set c 0 0 1\r\n1\r\ncas c 0 0 1 99\r\n2\r\nset d 0 -1 1\r\n1\r\nget d\r\nbad\r\n');
    const stats = statsOf(await talk.text('stats\r\n'));
    expect(stats).toMatchObject({
      pid: String(process.pid),
      version: '1.6.18',
      max_connections: '77',
      curr_connections: '1',
      cmd_get: '4',
      get_hits: '1',
      get_misses: '3',
      get_expired: '1',
      cmd_set: '4',
      cas_badval: '1',
      incr_hits: '1',
      decr_misses: '1',
      touch_hits: '1',
      cmd_touch: '1',
      delete_hits: '1',
      delete_misses: '1',
      cmd_meta: '0',
      cmd_flush: '1',
      limit_maxbytes: String(32 * 1024 * 1024),
      curr_items: '1',
      total_items: '3',
      bytes: '61',
    });
    expect(Number(stats['bytes_read'])).toBe(server.counters.bytesIn);
    const { counters } = server;
    expect(counters).toMatchObject({ accepted: 1, open: 1, getHits: 1, cmdSet: 4 });
    const { get, other } = server.commands;
    const store = (server.store as MemoryStore).counters;
    expect([get.operations, get.hits, get.bytesOut, other.errors]).toEqual([2, 1, 16, 1]);
    expect(await talk.text('stats reset\r\n')).toBe('RESET\r\n');
    expect(statsOf(await talk.text('stats\r\n'))).toMatchObject({
      cmd_get: '0',
      get_hits: '0',
      curr_items: '1',
      total_items: '0',
    });
    expect(server.counters).toMatchObject({ accepted: 1, getHits: 0, cmdSet: 0 });
    // What was read before is of that moment.
    expect([counters.cmdSet, get.operations, store.totalItems]).toEqual([4, 2, 3]);
    // What came since: two commands, a no-op behind each, and the answer to the first of them.
    const since = statsOf(await talk.text('stats\r\n'));
    expect(Number(since['bytes_read'])).toBeLessThan(60);
  });

  test('tell of settings, sizes, connections and prefixes', async () => {
    const server = await serve({ maxItemSize: 4096, evict: false, prefixDelimiter: '/' });
    const talk = await talkTo(server);
    expect(statsOf(await talk.text('stats settings\r\n'))).toMatchObject({
      tcpport: String(server.port),
      inter: '127.0.0.1',
      item_size_max: '4096',
      evictions: 'off',
      stat_key_prefix: '/',
      detail_enabled: 'no',
      cas_enabled: 'yes',
      binding_protocol: 'auto-negotiate',
    });
    expect(await talk.text('stats sizes\r\nstats sizes_enable\r\nset a/1 0 0 9\r\n123456789\r\nstats sizes\r\n')).toBe(
      'STAT sizes_status disabled\r\nEND\r\nSTAT sizes_status enabled\r\nSTORED\r\nSTAT 96 1\r\nEND\r\n',
    );
    const conns = statsOf(await talk.text('stats conns\r\n'));
    const local = talk.peer.socket.localPort;
    expect(Object.values(conns)).toEqual([
      `tcp:127.0.0.1:${server.port}`,
      'conn_listening',
      `tcp:127.0.0.1:${local}`,
      `tcp:127.0.0.1:${server.port}`,
      'conn_read',
      '0',
    ]);
    expect(
      await talk.text(
        'stats detail\r\nstats detail on\r\nget a/1 a/2 b\r\ndelete c/1\r\nset a/3 0 0 1\r\n1\r\nstats detail dump\r\nstats detail off\r\n',
      ),
    ).toBe(
      'CLIENT_ERROR usage: stats detail on|off|dump\r\nOK\r\nVALUE a/1 0 9\r\n123456789\r\nEND\r\nNOT_FOUND\r\nSTORED\r\n' +
        'PREFIX a get 2 hit 1 set 1 del 0\r\nPREFIX c get 0 hit 0 set 0 del 1\r\nEND\r\nOK\r\n',
    );
    const items = Object.entries(statsOf(await talk.text('stats items\r\n')));
    const sum = (name: string): number =>
      items.filter(([key]) => key.endsWith(`:${name}`)).reduce((total, [, value]) => total + Number(value), 0);
    expect([sum('number'), sum('mem_requested'), sum('hits_to_cold')]).toEqual([2, 134, 1]);
    expect(await talk.text('stats nonsense\r\n')).toBe('ERROR\r\n');
  });

  test('come by the binary protocol, too', async () => {
    const server = await serve();
    const talk = await talkTo(server);
    const general = await talk.binary(requests.stat());
    expect(general.length).toBeGreaterThan(80);
    expect([general.at(-1)!.key, general.at(-1)!.valueLength]).toEqual(['', 0]);
    const named = new Map(general.map((stat) => [stat.key, stat.text()]));
    expect(named.get('pid')).toBe(String(process.pid));
    const answers = await talk.binary(requests.stat('settings'), requests.stat('sizes'), requests.stat('nonsense'));
    expect(answers.some((stat) => stat.key === 'item_size_max')).toBe(true);
    expect(answers.at(-1)!.status).toBe(Status.KeyNotFound);
  });
});
