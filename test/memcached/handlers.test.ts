import { Buffer } from 'node:buffer';

import { Opcode, requests } from '@wirewright/codec-memcached-binary';
import { InvalidOptionError } from '@wirewright/core';
import { fatal, MemcachedServer } from '@wirewright/memcached';
import { describe, expect, test } from 'vitest';

import { serve, talkTo } from './scene.ts';

describe('handlers', () => {
  test('answer commands in place of the store, at once or later, in order', async () => {
    const server = await serve({}, (it) => {
      it.handle('get', async (request) => {
        await new Promise(setImmediate);
        return [`VALUE ${request.key} 0 2`, 'hi', 'END'];
      });
      it.handle('hello', (request) => `HELLO ${request.tokens[1]}`);
      it.handle('set', () => undefined);
    });
    const talk = await talkTo(server);
    expect(await talk.text('get a\r\nhello world\r\nset k 0 0 1\r\n1\r\nget b\r\nversion\r\nbye\r\n')).toBe(
      'VALUE a 0 2\r\nhi\r\nEND\r\nHELLO world\r\nVALUE b 0 2\r\nhi\r\nEND\r\nVERSION 1.6.18\r\nERROR\r\n',
    );
    // What is malformed does not come to them.
    expect(await talk.text('get\r\n')).toBe('ERROR\r\n');
  });

  test('answer opcodes, and the quiet ones that do the same, of which nothing is said that is silent', async () => {
    const server = await serve({}, (it) => {
      it.handle(Opcode.Get, (request) => ({
        opcode: request.opcode,
        opaque: request.opaque,
        status: request.key === 'k' ? 0 : 1,
      }));
      it.handle(0xc0, async (request) => ({ opcode: request.opcode, value: `custom ${request.text()}` }));
    });
    const talk = await talkTo(server);
    const answers = await talk.binary(
      requests.get('k', { quiet: true, opaque: 1 }),
      requests.get('none', { quiet: true, opaque: 2 }),
      requests.get('none', { opaque: 3 }),
      { opcode: 0xc0, value: 'x', extras: Buffer.alloc(0) },
    );
    expect(answers.map(({ opaque, status }) => [opaque, status])).toEqual([
      [1, 0],
      [3, 1],
      [0, 0],
    ]);
    expect(answers[2]!.text()).toBe('custom x');
  });

  test('say nothing to who wants no reply, and end the connection with what is fatal', async () => {
    const server = await serve({}, (it) => {
      it.handle('incr', () => '1');
      it.handle('bye', () => fatal('BYE'));
      it.handle('gone', () => fatal());
      it.handle(Opcode.Noop, () => fatal());
    });
    const talk = await talkTo(server);
    expect(await talk.text('incr k 1 noreply\r\nincr k 1\r\n')).toBe('1\r\n');
    talk.send('bye\r\nversion\r\n');
    expect(await talk.rest()).toBe('BYE\r\n');
    const silent = await talkTo(server);
    silent.send('gone\r\n');
    expect(await silent.rest()).toBe('');
  });

  test('that fail are told of, to the client and to onError, and the connection goes on', async () => {
    const errors: string[] = [];
    const server = await serve({}, (it) => {
      it.handle('boom', () => {
        throw new Error('no\r\nway');
      });
      it.handle(Opcode.Version, () => Promise.reject(new Error('later')));
      it.onError((_, error) => errors.push(`${error.code}: ${error.message}`));
    });
    const talk = await talkTo(server);
    expect(await talk.text('boom\r\nversion\r\n')).toBe('SERVER_ERROR no way\r\nVERSION 1.6.18\r\n');
    const binary = await talkTo(server);
    const [failed] = await binary.binary(requests.version());
    expect([failed!.status, failed!.text()]).toEqual([0x84, 'later']);
    expect(errors).toEqual([
      'WIRE_HANDLER_FAILED: the handler of boom failed: no\r\nway',
      'WIRE_HANDLER_FAILED: the handler of 11 failed: later',
    ]);
  });

  test('are for commands and opcodes, one for each', () => {
    const server = new MemcachedServer();
    server.handle('get', () => 'END');
    for (const wrong of ['get', 'two words', '', 256, -1, 1.5] as const)
      expect(() => server.handle(wrong as string, () => 'x'), String(wrong)).toThrow(InvalidOptionError);
    expect(() => server.handle('x', 5 as never)).toThrow(InvalidOptionError);
  });
});
