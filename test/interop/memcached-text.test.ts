import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';

import { memcachedTextClient, type Reply } from '@wirewright/codec-memcached-text';
import { Client } from '@wirewright/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { MALFORMED, type MalformedRow } from '../codec-memcached-text/malformed.ts';
import { accepting, freePort, program, Running } from '../support/programs.ts';

const memcached = program('memcached');
const version = memcached === undefined ? '' : execFileSync(memcached, ['-V']).toString().trim();

describe.runIf(memcached !== undefined)('memcached', () => {
  let server: Running;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    // As root it wants to know as whom it is to run.
    server = new Running(memcached!, ['-p', `${port}`, '-l', '127.0.0.1', '-U', '0', '-u', 'nobody']);
    await accepting(server, { port, host: '127.0.0.1' });
  });

  afterAll(() => server.destroy());

  /** All that it says to `bytes`, up to the answer of a no-op behind them; or until it closes. */
  function ask(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(`${bytes}mn\r\n`));
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
        if (answer.endsWith('MN\r\n')) socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
    });
  }

  /** What a server without items says to messages. */
  function answers(messages: MalformedRow['old']): string {
    let text = '';
    for (const { op, error, noreply } of messages) {
      if (op === 'close') return text;
      if (error === undefined) text += 'END\r\n';
      else if (noreply !== true) text += `${error as string}\r\n`;
    }
    return `${text}MN\r\n`;
  }

  describe.runIf(version.endsWith(' 1.6.18'))('1.6.18 answers malformed input as the codec says', () => {
    test.each(MALFORMED)('$name', async ({ bytes, old }) => {
      expect(await ask(bytes)).toBe(answers(old));
    });

    test('and takes values up to the same length', async () => {
      const set = (length: number): Promise<string> => ask(`set k 0 0 ${length}\r\n${'v'.repeat(length)}\r\n`);
      expect(await set(1024 * 1024 - 60)).toBe('STORED\r\nMN\r\n');
      expect(await set(1024 * 1024 - 59)).toBe('SERVER_ERROR object too large for cache\r\nMN\r\n');
    });
  });

  test('the client speaks with it', async () => {
    const client = new Client({ codec: memcachedTextClient() });
    const pool = client.pool({ port, host: '127.0.0.1' }, { maxConnections: 1 });
    const status = ({ status: word }: Reply): string => word;
    const key = 'wirewright:ä';
    try {
      expect(await pool.request({ op: 'set', key, value: 'hello', flags: 7 }, status)).toBe('STORED');
      const hits: unknown[] = [];
      await pool.request({ op: 'gets', key: ['none', key] }, (reply) => {
        if (reply.status === 'VALUE') hits.push([reply.key, reply.flags, reply.value.toString(), typeof reply.cas]);
        return reply.status === 'END' ? true : undefined;
      });
      expect(hits).toEqual([[key, 7, 'hello', 'number']]);
      const flags = 'v f k O12 t';
      expect(
        await pool.request({ op: 'mg', key, flags }, (reply) => [
          reply.value.toString(),
          reply.text.replace(key, 'key'),
        ]),
      ).toEqual(['hello', 'f7 kkey O12 t-1']);
      expect(await pool.request({ op: 'ms', key: Buffer.from([0, 1, 2]), base64: true, value: '5' }, status)).toBe(
        'HD',
      );
      const two = await pool.request(
        { op: 'ma', key: Buffer.from([0, 1, 2]), base64: true, flags: { D: 2, v: true } },
        (reply) => reply.value.toString(),
      );
      expect(two).toBe('7');
      expect(await pool.request({ op: 'set', key: 'n', value: '18446744073709551614' }, status)).toBe('STORED');
      expect(await pool.request({ op: 'incr', key: 'n', delta: 1 }, (reply) => reply.number)).toBe(2n ** 64n - 1n);
      expect(await pool.request({ op: 'me', key: 'n' }, (reply) => [reply.status, reply.key])).toEqual(['ME', 'n']);
      expect(await pool.request({ op: 'md', key: 'none' }, status)).toBe('NF');
      expect(await pool.request({ op: 'delete', key: 'n' }, status)).toBe('DELETED');
      const names = new Set<string>();
      await pool.request({ op: 'stats', tokens: ['stats'] }, (reply) => {
        if (reply.status === 'STAT') names.add(reply.key);
        return reply.status === 'END' ? true : undefined;
      });
      expect(names).toContain('curr_connections');
      expect(await pool.request({ op: 'version' }, ({ text }) => text)).toMatch(/^1\./);
    } finally {
      await client.close();
    }
  });
});
