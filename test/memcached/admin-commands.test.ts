import { requests, Status } from '@wirewright/codec-memcached-binary';
import { MemoryStore } from '@wirewright/memcached';
import { describe, expect, test } from 'vitest';

import { serve, statsOf, talkTo } from './scene.ts';

describe('commands about the server', () => {
  test('list keys, as fast as they are read', async () => {
    const server = await serve();
    const talk = await talkTo(server);
    let sets = '';
    for (let i = 0; i < 1000; i++) sets += `set key:${i} 0 ${i === 0 ? 100 : 0} 1 noreply\r\n1\r\n`;
    await talk.text(sets);
    talk.send('lru_crawler metadump all\r\n');
    await talk.until(() => talk.unseen.endsWith('END\r\n'));
    const lines = talk.unseen.split('\n');
    expect(lines.length).toBe(1002);
    const first = lines.find((line) => line.startsWith('key=key%3A0 '))!;
    expect(first).toMatch(/^key=key%3A0 exp=\d{10} la=\d{10} cas=1 fetch=no cls=\d+ size=65$/);
    const other = await talkTo(server);
    other.send('lru_crawler mgdump hash\r\n');
    await other.until(() => other.unseen.endsWith('EN\r\n'));
    expect(other.unseen.split('\r\n').filter((line) => /^mg key:\d+$/.test(line)).length).toBe(1000);
    expect(await (await talkTo(server)).text('version\r\nlru_crawler metadump all\r\n')).toContain(
      'ERROR cannot pipeline',
    );
  });

  test('watch what happens', async () => {
    const server = await serve({ memoryLimit: 1024 * 1024 });
    const watcher = await talkTo(server);
    watcher.send('watch fetchers mutations connevents deletions evictions rawcmds\r\n');
    await watcher.until(() => watcher.unseen.includes('OK\r\n'));
    const talk = await talkTo(server);
    await talk.text('set a:b 0 9 3\r\nabc\r\nget a:b nope\r\ndelete a:b\r\n');
    const value = 'x'.repeat(500_000);
    await talk.text(`set x 0 0 500000\r\n${value}\r\nset y 0 0 500000\r\n${value}\r\nset z 0 0 500000\r\n${value}\r\n`);
    talk.peer.socket.end();
    await watcher.until(() => watcher.unseen.includes('conn_close'));
    const lines = watcher.unseen.split('\n').map((line) => line.replace(/^ts=\d+\.\d+ gid=\d+ /, ''));
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^type=conn_new rip=127\.0\.0\.1 rport=\d+ transport=tcp cfd=\d+$/),
        expect.stringMatching(/^<\d+ get a:b nope$/),
        expect.stringMatching(/^type=item_store key=a%3Ab status=stored cmd=set ttl=9 clsid=\d+ cfd=\d+ size=3$/),
        expect.stringMatching(/^type=item_get key=a%3Ab status=found clsid=\d+ cfd=\d+ size=3$/),
        expect.stringMatching(/^type=item_get key=nope status=not_found clsid=0 cfd=\d+ size=0$/),
        expect.stringMatching(/^type=deleted key=a%3Ab cmd=delete clsid=\d+ cfd=\d+ size=0$/),
        expect.stringMatching(/^type=eviction key=x fetch=no ttl=-1 la=\d+ clsid=\d+ size=500000$/),
        expect.stringMatching(/^type=conn_close rip=127\.0\.0\.1 rport=\d+ transport=tcp reason=normal cfd=\d+$/),
      ]),
    );
    // A watcher is not answered any more.
    watcher.send('version\r\n');
    const before = await talkTo(server);
    expect(await before.text('version\r\nwatch\r\n')).toContain('ERROR cannot pipeline other commands before watch');
    expect(await before.text('')).toBe('');
    before.send('watch nonsense\r\n');
    await before.until(() => before.unseen === 'ERROR\r\n');
    expect(watcher.unseen).not.toContain('VERSION');
    expect(statsOf(await (await talkTo(server)).text('stats\r\n'))['log_watchers']).toBe('1');
  });

  test('are refused where they are not allowed', async () => {
    const server = await serve({ allowFlush: false, allowWatch: false, allowDump: false });
    const talk = await talkTo(server);
    expect(await talk.text('flush_all\r\n')).toBe('CLIENT_ERROR flush_all not allowed\r\n');
    expect(await talk.text('watch\r\n')).toBe('CLIENT_ERROR watch commands not allowed\r\n');
    expect(await talk.text('lru_crawler metadump all\r\n')).toBe('ERROR metadump not allowed\r\n');
    expect(await talk.text('stats cachedump 1 0\r\n')).toBe('CLIENT_ERROR stats cachedump not allowed\r\n');
    expect(await talk.text('shutdown\r\n')).toBe('ERROR: shutdown not enabled\r\n');
    const [flush] = await (await talkTo(server)).binary(requests.flush());
    expect(flush!.status).toBe(Status.AuthError);
  });

  test('change the limit of memory', async () => {
    const store = new MemoryStore();
    const talk = await talkTo(await serve({ store }));
    expect(
      await talk.text('cache_memlimit 100\r\ncache_memlimit 7\r\ncache_memlimit\r\ncache_memlimit 50 noreply\r\n'),
    ).toBe('OK\r\nMEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\r\nERROR\r\n');
    expect(store.memoryLimit).toBe(50 * 1024 * 1024);
  });

  test('shut the server down, or have somebody do it', async () => {
    const server = await serve({ allowShutdown: true });
    const talk = await talkTo(server);
    expect(await talk.text('shutdown nonsense\r\n')).toBe('CLIENT_ERROR invalid shutdown mode\r\n');
    talk.send('shutdown graceful\r\n');
    await talk.rest();
    talk.peer.socket.end();
    expect((await server.closed).destroyed).toBe(0);
    const asked: boolean[] = [];
    const other = await serve({ allowShutdown: true }, (it) => it.onShutdown((graceful) => asked.push(graceful)));
    await (await talkTo(other)).text('shutdown\r\nshutdown graceful\r\n');
    expect(asked).toEqual([false, true]);
  });
});
