import { line } from '@wirewright/codec-line';
import { Client, Exchange } from '@wirewright/core';
import { afterEach, describe, expect, test } from 'vitest';

import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

describe('tls-echo', () => {
  test('connects who shows a certificate and knows that of the server', async () => {
    const example = new ExampleProcess('tls-echo');
    expect(await example.exited()).toEqual({ status: 0, signal: null });
    const printed = example.stdout.split('\n');
    expect(printed.slice(0, 2)).toEqual(['connected by TLSv1.3, for echo/1', 'alice said hello']);
    expect(printed.filter((text) => text.startsWith('not connected: '))).toEqual([
      expect.stringMatching(/is not accepted: it is signed by itself/),
      expect.stringMatching(/is not accepted: it is for another name/),
    ]);
    expect(example.stderr).toBe('');
  });

  test('serves on with --port', async () => {
    const example = new ExampleProcess('tls-echo', '--port', '0');
    const [, port] = await example.printed(/listening on port (\d+)/);
    const client = new Client({ codec: line() });
    const tls = { rejectUnauthorized: false };
    const exchange = new Exchange(await client.connect({ port: Number(port), tls }));
    expect(await exchange.request('hello', (text) => text)).toBe('hello');
    await client.close();
    example.signal('SIGTERM');
    expect(await example.exited()).toEqual({ status: 0, signal: null });
  });
});

test('starttls goes from plaintext to TLS, and refuses what was injected', async () => {
  const example = new ExampleProcess('starttls');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    'plaintext: HELLO -> OK STARTTLS',
    'plaintext: LOGIN alice -> ERROR not in plaintext',
    'plaintext: STARTTLS -> GO AHEAD',
    'TLSv1.3: HELLO -> OK',
    'TLSv1.3: LOGIN alice -> OK',
    expect.stringMatching(/^server#\d+ failed: 14 bytes came in plaintext/),
    'the injected line was not answered: "GO AHEAD\\n"',
    '',
  ]);
  expect(example.stderr).toBe('');
});

test('protocol-detection speaks to each what it speaks', async () => {
  const example = new ExampleProcess('protocol-detection');
  expect(await example.exited()).toEqual({ status: 0, signal: null });
  expect(example.stdout.split('\n')).toEqual([
    'plain lines: you said hello',
    'secret lines: you said hello',
    'plain JSON: {"said":["hello"],"encrypted":false}',
    'secret JSON: {"said":["hello"],"encrypted":true}',
    '',
  ]);
  expect(example.stderr).toBe('');
});
