import { requests, Status } from '@wirewright/codec-memcached-binary';
import { afterEach, expect, test } from 'vitest';

import { talkTo } from '../memcached/scene.ts';
import { ExampleProcess } from './example-process.ts';

afterEach(() => ExampleProcess.endAll());

test('an address book is read and written by both protocols', async () => {
  const example = new ExampleProcess('memcached-backend', '--port', '0');
  const [, port] = await example.printed(/listening on 127\.0\.0\.1:(\d+)\n/);
  const text = await talkTo({ port: Number(port) });
  expect(await text.text('get ann nobody bob\r\n')).toBe(
    'VALUE ann 0 15\r\n{"city":"Oslo"}\r\nVALUE bob 0 15\r\n{"city":"Rome"}\r\nEND\r\n',
  );
  expect(await text.text('set eve 0 0 16\r\n{"city":"Paris"}\r\nset x 0 0 2\r\n{}\r\ncount\r\n')).toBe(
    'STORED\r\nCLIENT_ERROR this is nobody: {"city":"..."}\r\nCOUNT 3\r\n',
  );
  const binary = await talkTo({ port: Number(port) });
  const answers = await binary.binary(
    requests.get('eve'),
    requests.get('nobody'),
    requests.get('nobody', { quiet: true }),
    requests.set('joe', '{"city":"Bern"}'),
    requests.set('x', 'nonsense'),
  );
  expect(answers.map(({ status }) => status)).toEqual([0, Status.KeyNotFound, 0, Status.InvalidArguments]);
  expect(answers[0]!.text()).toBe('{"city":"Paris"}');
  expect(await text.text('get joe\r\ndelete bob\r\nget bob\r\nversion\r\n')).toBe(
    'VALUE joe 0 15\r\n{"city":"Bern"}\r\nEND\r\nDELETED\r\nEND\r\nVERSION 1.6.18\r\n',
  );
  example.signal('SIGTERM');
  text.peer.socket.destroy();
  binary.peer.socket.destroy();
  expect(await example.exited()).toEqual({ status: 0, signal: null });
});
