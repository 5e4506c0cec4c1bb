import { describe, expect, test } from 'vitest';

import { asking, halting, listing, outcome, whole } from './asking.ts';

describe('a pipeline', () => {
  test('is sent in one write, in order, and resolves with one result for each', async () => {
    const { sent, reply, embedded, exchange } = asking();
    const first: string | undefined = undefined;
    void first;
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
    const { ask, sent, reply, exchange, allSettled } = asking({ window: 2 });
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
    expect(sent()).toEqual([
      ...['step 1', 'step 2', 'step 3', 'step 4', 'after'],
      ...['later 0', 'later 1', 'later 2'],
    ]);
    expect((await results).map((result) => (result as { value: unknown }).value)).toEqual(['1', '2', '3', '4', '5']);
    await reply(...Array.from({ length: 7 }, () => 'x'));
    await allSettled();
  });

  test('is not mixed with what others ask while it is sent', async () => {
    const message = (text: string): { toString(): string } => ({
      toString() {
        if (text === 'step 1') ask('other');
        return text;
      },
    });
    // Whatever is asked while a message is encoded goes behind those that were asked before.
    const { ask, sent, reply, exchange, allSettled } = asking({}, {}, () => {
      const lines = halting();
      return {
        decode: (input) => lines.decode(input),
        encode: (text, output) => output.utf8(`${String(text)}\n`),
      };
    });
    const results = exchange
      .pipeline()
      .request(message('step 0') as string, whole)
      .request(message('step 1') as string, whole)
      .request(message('step 2') as string, whole)
      .exec();
    expect(sent()).toEqual(['step 0', 'step 1', 'step 2', 'other']);
    await reply('0', '1', '2', '3');
    expect((await results).map((result) => (result as { value: unknown }).value)).toEqual(['0', '1', '2']);
    await allSettled();
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
    const steps = (): ReturnType<typeof exchange.pipeline> => {
      const pipeline = exchange.pipeline();
      for (let i = 0; i < 3; i++) pipeline.request(`${i}`, whole);
      return pipeline.send('quiet');
    };
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
    const steps = (): ReturnType<typeof exchange.pipeline> => {
      const pipeline = exchange.pipeline();
      for (let i = 0; i < 4; i++) pipeline.request(`${i}`, whole);
      return pipeline;
    };
    const codes = async (results: Promise<unknown>): Promise<unknown[]> =>
      ((await results) as { reason?: { code: string } }[]).map(({ reason }) => reason?.code);
    expect(await codes(steps().exec({ timeout: 0 }))).toEqual(Array.from({ length: 4 }, () => 'WIRE_INVALID_OPTION'));
    const tooLong = outcome(steps().exec());
    expect([exchange.inFlight, exchange.waiting]).toEqual([1, 2]);
    embedded.connection.destroy();
    await embedded.settled();
    expect(await codes(Promise.resolve(tooLong.value))).toEqual([
      ...['WIRE_CONNECTION_LOST', 'WIRE_CONNECTION_LOST', 'WIRE_CONNECTION_LOST'],
      'WIRE_QUEUE_FULL',
    ]);
    expect(await codes(steps().exec())).toEqual(Array.from({ length: 4 }, () => 'WIRE_CONNECTION_LOST'));
  });
});
