import { Buffer } from 'node:buffer';

import { memcachedBinaryClient, type RequestFields, requests, Status } from '@wirewright/codec-memcached-binary';
import { encodeMessage } from '@wirewright/core/codec';
import { describe, expect, test } from 'vitest';

import { serve, talkTo } from './scene.ts';

describe('a login', () => {
  const users = { ann: 'secret', bob: 'pass word' };

  test('by SASL PLAIN opens the binary protocol, and there is no other', async () => {
    const server = await serve({ users });
    const plain = (text: string) => requests.saslAuth('PLAIN', Buffer.from(text, 'latin1'));
    const stranger = await talkTo(server);
    stranger.send(Buffer.from('80000001000000000000000100000000000000000000000061', 'hex'));
    await stranger.peer.end();
    expect(Buffer.from(stranger.peer.text, 'latin1').readUInt16BE(6)).toBe(Status.AuthError);
    const text = await talkTo(server);
    text.send('get k\r\n'.padEnd(30));
    expect(await text.rest()).toBe('');

    const talk = await talkTo(server);
    const say = (message: RequestFields): void => {
      talk.send(encodeMessage(memcachedBinaryClient()(), message));
    };
    say(requests.saslList());
    say(plain('\0ann\0wrong'));
    say(plain('nonsense'));
    say(requests.saslAuth('CRAM-MD5', Buffer.from('x')));
    say(requests.version());
    const answers = await talk.binary(plain('\0bob\0pass word'), requests.set('k', 'v'), requests.get('k'));
    expect(answers.map(({ status }) => status)).toEqual([0, 0x20, 0x20, 0x20, 0, 0, 0, 0]);
    expect([answers[0]!.text(), answers[5]!.text(), answers[7]!.text()]).toEqual(['PLAIN', 'Authenticated', 'v']);
    expect([server.counters.authCmds, server.counters.authErrors]).toEqual([4, 3]);
  });

  test('by a first set opens the text protocol', async () => {
    const server = await serve({
      users: async (user, password) => user === 'ann' && password === 'x',
      protocol: 'text',
    });
    const talk = await talkTo(server);
    talk.send(`get k\r\nset a 0 0 3000\r\n${'x'.repeat(3000)}\r\n`);
    talk.send('set a 0 0 3\r\nann\r\nset a 0 0 5\r\nann y\r\nset a 0 0 5\r\nann x\r\n');
    expect(await talk.text('set k 0 0 1\r\n1\r\nget k\r\n')).toBe(
      [
        'CLIENT_ERROR unauthenticated',
        'CLIENT_ERROR auth token too long',
        'CLIENT_ERROR bad authentication token format',
        'CLIENT_ERROR authentication failure',
        'STORED',
        'STORED',
        'VALUE k 0 1',
        '1',
        'END',
        '',
      ].join('\r\n'),
    );
  });

  test('is not needed, nor known of, when there are no users', async () => {
    const talk = await talkTo(await serve());
    const [list] = await talk.binary(requests.saslList());
    expect(list!.status).toBe(Status.UnknownCommand);
  });
});
