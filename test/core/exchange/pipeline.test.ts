import { type Line, line } from '@wirewright/codec-line';
import type { CodecFactory } from '@wirewright/core/codec';
import { describe, expect, test } from 'vitest';

import { asking, halting, listing, type Outcome, outcome, whole } from './asking.ts';

describe('a pipeline', () => {
  test('is sent in one write, in order, and resolves with one result for each', async () => {
    const { sent, reply, embedded, exchange } = asking();
    const results = exchange
      .pipeline()
      .request('a', whole)
      .send('quiet')
      .request('list', (frame) => (frame === '.' ? 7 : undefined))
      .exec();
    await embedded.settled();
    expect(embedded.writes).toBe(1);
    expect(sent()).toEqual(['a', 'quiet', 'list']);
    await reply('1', 'x', '.');
    const [a, quiet, list] = await results;
    expect([a, quiet, list]).toEqual([
      { status: 'fulfilled', value: '1' },
      { status: 'fulfilled', value: undefined },
      { status: 'fulfilled', value: 7 },
    ]);
    expect(exchange.counters).toMatchObject({ requests: 2, replies: 2 });
  });

  test('sends nothing before exec(), and nothing when it is empty', async () => {
    const { sent, embedded, exchange } = asking();
    const pipeline = exchange.pipeline().request('a', whole);
    expect(await exchange.pipeline().exec()).toEqual([]);
    await embedded.settled();
    expect(sent()).toEqual([]);
    void pipeline.exec();
    expect(sent()).toEqual(['a']);
  });

  test('is not mixed with others, though it is longer than the window', async () => {
    const { ask, sent, reply, exchange, outcomes } = asking({ window: 2 });
    ask('before');
    const pipeline = exchange.pipeline();
    for (let i = 0; i < 5; i++) pipeline.request(`step ${i}`, whole);
    const results = pipeline.exec();
    ask('after');
    expect(sent()).toEqual(['before', 'step 0']);
    for (let i = 0; i < 7; i++) {
      ask(`later ${i}`);
      await reply(`${i}`);
    }
    expect(sent()).toEqual(['step 1', 'step 2', 'step 3', 'step 4', 'after', 'later 0', 'later 1']);
    expect((await results).map((result) => (result as { value: unknown }).value)).toEqual(['1', '2', '3', '4', '5']);
    await reply(...Array.from({ length: 7 }, () => 'x'));
    expect(outcomes.map(({ settled }) => settled)).toEqual(outcomes.map(() => 1));
    expect(exchange.counters).toMatchObject({ requests: 14, replies: 14 });
  });

  test('is not mixed with what others ask while it is sent', async () => {
    // Whatever is asked while a message is encoded goes behind those that were asked before.
    const lines = line()();
    const meddling: CodecFactory<string, Line> = () => ({
      decode: (input) => lines.decode(input),
      encode(message, output) {
        if (message === 'step 1') other = outcome(exchange.request('other', whole));
        output.utf8(`${String(message)}\n`);
      },
    });
    let other: Outcome | undefined;
    const { sent, reply, exchange } = asking({}, {}, meddling);
    const results = exchange
      .pipeline()
      .request('step 0', whole)
      .request('step 1', whole)
      .request('step 2', whole)
      .exec();
    expect(sent()).toEqual(['step 0', 'step 1', 'step 2', 'other']);
    await reply('0', '1', '2', '3');
    expect((await results).map((result) => (result as { value: unknown }).value)).toEqual(['0', '1', '2']);
    expect(other).toMatchObject({ value: '3' });
  });

  test('goes on where one of its requests fails', async () => {
    const { sent, reply, exchange } = asking({}, {}, halting);
    const refused = new Error('ERR');
    const results = exchange
      .pipeline()
      .request('a', whole)
      .request('unsayable', whole)
      .request('b', () => {
        throw refused;
      })
      .send('unsayable')
      .request('c', listing())
      .exec();
    expect(sent()).toEqual(['half of it a', 'half of it b', 'half of it c']);
    await reply('1', 'ERR', '.');
    expect(await results).toMatchObject([
      { status: 'fulfilled', value: '1' },
      { status: 'rejected', reason: { code: 'WIRE_ENCODE_FAILED' } },
      { status: 'rejected', reason: refused },
      { status: 'rejected', reason: { code: 'WIRE_ENCODE_FAILED' } },
      { status: 'fulfilled', value: [] },
    ]);
  });

  test('has one deadline and one signal for all of it', async () => {
    const { sent, reply, embedded, exchange } = asking({ window: 2 });
    const steps = () => exchange.pipeline().request('0', whole).request('1', whole).request('2', whole).send('quiet');
    const timed = steps().exec({ timeout: 100 });
    embedded.advance(113);
    expect(await timed).toMatchObject([
      { reason: { code: 'WIRE_REQUEST_TIMEOUT', sent: true } },
      { reason: { code: 'WIRE_REQUEST_TIMEOUT', sent: true } },
      { reason: { code: 'WIRE_REQUEST_TIMEOUT', sent: false } },
      { reason: { code: 'WIRE_REQUEST_TIMEOUT', sent: false } },
    ]);
    await reply('0', '1');
    sent();
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const aborted = steps().exec({ signal: controller.signal });
    controller.abort(reason);
    expect(await aborted).toMatchObject(Array.from({ length: 4 }, () => ({ status: 'rejected', reason })));
    expect(sent()).toEqual(['0', '1']);
    expect(exchange.counters).toMatchObject({ requests: 6, timeouts: 3, aborts: 3 });
  });

  test('that is wrong, too late or too long rejects request by request', async () => {
    const { embedded, exchange } = asking({ window: 1, maxWaiting: 2 });
    const steps = () =>
      exchange.pipeline().request('0', whole).request('1', whole).request('2', whole).request('3', whole);
    const codes = async (results: Promise<unknown>): Promise<unknown[]> =>
      ((await results) as { reason?: { code: string } }[]).map(({ reason }) => reason?.code);
    expect(await codes(steps().exec({ timeout: 0 }))).toEqual(Array.from({ length: 4 }, () => 'WIRE_INVALID_OPTION'));
    const tooLong = outcome(steps().exec());
    expect([exchange.inFlight, exchange.waiting]).toEqual([1, 2]);
    embedded.connection.destroy();
    await embedded.settled();
    expect(await codes(Promise.resolve(tooLong.value))).toEqual([
      'WIRE_CONNECTION_LOST',
      'WIRE_CONNECTION_LOST',
      'WIRE_CONNECTION_LOST',
      'WIRE_QUEUE_FULL',
    ]);
    expect(await codes(steps().exec())).toEqual(Array.from({ length: 4 }, () => 'WIRE_CONNECTION_LOST'));
  });
});
