import { line } from '@wirewright/codec-line';
import { ConnectionLostError, Exchange, QueueFullError, RequestTimeoutError } from '@wirewright/core';
import type { FrameBody } from '@wirewright/core/codec';
import { embed } from '@wirewright/core/testing';
import { afterEach, describe, expect, test } from 'vitest';

import { Recorder, told } from './recorder.ts';

afterEach(() => Recorder.stopAll());

const whole = <T>(frame: T): T => frame;

describe('request:start and request:end', () => {
  const requests = ['requestStart', 'requestEnd'] as const;

  function client(): { embedded: ReturnType<typeof embed<string, FrameBody>>; exchange: Exchange<string, FrameBody> } {
    const embedded = embed<string, FrameBody>(line(), {}, { role: 'client', record: false });
    return {
      embedded,
      exchange: new Exchange(embedded.connection, { timeout: 1000, window: 1, maxWaiting: 1 }),
    };
  }

  /** The one object that both channels have published, when it is complete. */
  function only(recorder: Recorder, connection: unknown): Record<string, unknown> {
    const seen = recorder.of(connection, ...requests);
    expect(seen.map(({ name }) => name)).toEqual(['requestStart', 'requestEnd']);
    expect(seen[1]!.event).toBe(seen[0]!.event);
    expect(seen[0]!.event['duration']).toBeGreaterThanOrEqual(0);
    expect(seen[0]!.event['startedAt']).toBeLessThanOrEqual(performance.now());
    return seen[0]!.event;
  }

  test('a request that is answered', async () => {
    const recorder = new Recorder();
    const { embedded, exchange } = client();
    const reply = exchange.request('question', (frame) => (frame === 'answer' ? frame : undefined));
    const started = { ...recorder.of(embedded.connection, 'requestStart')[0]!.event };
    expect(started).toEqual({
      connection: embedded.connection,
      message: 'question',
      startedAt: expect.any(Number) as number,
    });
    await embedded.settled();
    embedded.feed('wait\nanswer\n');
    expect(await reply).toBe('answer');
    expect(recorder.of(embedded.connection).map(told)).toEqual([
      'connectionOpen',
      'requestStart question',
      'frameOut question',
      'frameIn wait',
      'frameIn answer',
      'requestEnd question',
    ]);
    expect(only(recorder, embedded.connection)).not.toHaveProperty('error');
  });

  test('one that is not answered in time, once, though the answer comes late', async () => {
    const recorder = new Recorder();
    const { embedded, exchange } = client();
    const reply = exchange.request('question', whole);
    await embedded.settled();
    embedded.advance(2000);
    await expect(reply).rejects.toThrow(RequestTimeoutError);
    embedded.feed('late\n');
    expect(only(recorder, embedded.connection)['error']).toBeInstanceOf(RequestTimeoutError);
    expect(exchange.counters.late).toBe(1);
  });

  test('one that is lost with the connection, before that is closed', async () => {
    const recorder = new Recorder();
    const { embedded, exchange } = client();
    const reply = exchange.request('question', whole);
    await embedded.settled();
    embedded.reset();
    await expect(reply).rejects.toThrow(ConnectionLostError);
    await embedded.settled();
    expect(only(recorder, embedded.connection)['error']).toBeInstanceOf(ConnectionLostError);
    const names = recorder.of(embedded.connection).map(({ name }) => name);
    expect(names.slice(-3)).toEqual(['connectionError', 'requestEnd', 'connectionClose']);
  });

  test('one that is given up, before it is sent and after', async () => {
    for (const sent of [false, true]) {
      const recorder = new Recorder();
      const { embedded, exchange } = client();
      const controller = new AbortController();
      if (!sent) controller.abort('no more');
      const reply = exchange.request('question', whole, { signal: controller.signal });
      controller.abort('no more');
      await expect(reply).rejects.toBe('no more');
      expect(only(recorder, embedded.connection)['error']).toBe('no more');
      expect(recorder.of(embedded.connection, 'frameOut')).toHaveLength(sent ? 1 : 0);
      recorder.stop();
    }
  });

  test('one that is refused', async () => {
    const { embedded, exchange } = client();
    const [first, second] = [exchange.request('a', whole), exchange.request('b', whole)];
    const recorder = new Recorder(requests);
    await expect(exchange.request('c', whole)).rejects.toThrow(QueueFullError);
    expect(only(recorder, embedded.connection)['error']).toBeInstanceOf(QueueFullError);
    // Those were made before anybody listened.
    embedded.feed('1\n2\n');
    expect(await Promise.all([first, second])).toEqual(['1', '2']);
    expect(recorder.published).toHaveLength(2);
  });

  test('one whose collect throws', async () => {
    const recorder = new Recorder(['requestEnd']);
    const { embedded, exchange } = client();
    const reply = exchange.request('question', () => {
      throw new Error('not that');
    });
    await embedded.settled();
    embedded.feed('answer\n');
    await expect(reply).rejects.toThrow('not that');
    const [end] = recorder.of(embedded.connection);
    expect(end!.event['error']).toEqual(new Error('not that'));
    expect(end!.event['duration']).toBeGreaterThanOrEqual(0);
  });

  test('none for a message that is not answered', async () => {
    const recorder = new Recorder();
    const { embedded, exchange } = client();
    await exchange.send('note');
    expect(recorder.of(embedded.connection).map(told)).toEqual(['connectionOpen', 'frameOut note']);
  });
});
