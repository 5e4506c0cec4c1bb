import { type Connection, InvalidOptionError, WireError, wireLog, type WireLogOptions } from '@wirewright/core';
import { embed } from '@wirewright/core/testing';
import { afterEach, describe, expect, test } from 'vitest';

import { heads, lines, listenedTo, logged, type Logged, logs, stopLogs, warnings } from './logged.ts';

afterEach(stopLogs);

describe('switching', () => {
  test('subscribes to what it logs, and to nothing when it is stopped', () => {
    const { log } = logged({});
    expect(listenedTo()).toEqual([
      'connectionOpen',
      'connectionClose',
      'connectionError',
      'connectionTimeout',
      'frameIn',
      'frameOut',
    ]);
    log.stop();
    expect(listenedTo()).toEqual([]);
    log.stop();
  });

  test('at run time, in the middle of a chunk, too', () => {
    let at: Logged | undefined;
    const embedded = embed(lines, {
      onRead(_, text) {
        if (text === 'stop') at!.log.stop();
      },
    });
    embedded.feed('unseen\n');
    at = logged({ only: embedded.connection });
    embedded.feed('a\nstop\nb\n').feed('c\n');
    expect(heads(at).map((head) => head.replace(/.*: /, ''))).toEqual(['a', 'stop']);
    expect(embedded.messages).toEqual(['unseen', 'a', 'stop', 'b', 'c']);
  });

  test('by another log, within an event', () => {
    const embedded = embed(lines);
    const { connection } = embedded;
    const killer = wireLog({ only: connection, write: () => victim.log.stop() });
    logs.push(killer);
    const victim = logged({ only: connection });
    embedded.feed('a\n');
    expect(victim.calls).toEqual([]);
  });

  test('at the end of a block', () => {
    {
      using log = wireLog({ write: () => {} });
      logs.push(log);
      expect(listenedTo()).toContain('frameIn');
    }
    expect(listenedTo()).toEqual([]);
  });

  test('by itself, when the one connection it is for has closed', async () => {
    const [one, other] = [embed(lines), embed(lines)];
    const at = logged({ only: one.connection });
    other.feed('not this\n').end();
    await other.settled();
    expect(listenedTo()).toContain('frameIn');
    one.feed('this\n').end();
    await one.settled();
    expect(heads(at)).toEqual([`${one.connection.name} <- 5 bytes: this`, `${one.connection.name} closed: peer`]);
    expect(listenedTo()).toEqual([]);
  });

  test('for connections that are chosen, from then on to their end', async () => {
    const asked: unknown[] = [];
    const only = ({ name }: { name: string }): boolean => asked.push(name) > 0 && name === 'chosen';
    const at = logged({ only, maxBytes: 0 });
    const embedded = embed(lines, {
      onRead(connection, text) {
        connection.name = text;
      },
    });
    const { name } = embedded.connection;
    embedded.feed('chosen\nb\nrenamed\nc\n').end();
    await embedded.settled();
    expect(asked).toEqual([name, name, 'chosen']);
    expect(at.calls).toEqual([
      'chosen <- 2 bytes: b\n',
      'b <- 8 bytes: renamed\n',
      'renamed <- 2 bytes: c\n',
      'c closed: peer\n',
    ]);
  });

  test('one of several, each with options of its own', () => {
    const [one, other] = [embed(lines), embed(lines)];
    const all = logged({ maxBytes: 0 });
    const chosen = logged({ only: (connection) => connection === other.connection });
    one.feed('a\n');
    other.feed('b\n');
    all.log.stop();
    other.feed('c\n');
    expect(all.calls).toEqual([`${one.connection.name} <- 2 bytes: a\n`, `${other.connection.name} <- 2 bytes: b\n`]);
    expect(heads(chosen).map((head) => head.slice(-1))).toEqual(['b', 'c']);
    expect(chosen.text()).toContain('|b.|');
  });

  test.each<[string, WireLogOptions]>([
    ['an option that there is not', { max: 3 } as WireLogOptions],
    ['maxBytes below 0', { maxBytes: -1 }],
    ['maxBytes that is no integer', { maxBytes: 1.5 }],
    ['a write that is none', { write: process.stderr as never }],
    ['an only that chooses nothing', { only: 'server#1' as never }],
  ])('not with %s', (_name, options) => {
    expect(() => wireLog(options)).toThrow(InvalidOptionError);
    expect(listenedTo()).toEqual([]);
  });
});

describe('a write or only that fails stops its log with a warning, and nothing else', () => {
  // oxlint-disable-next-line typescript/no-explicit-any -- any connection will do
  type Chosen = (connection: Connection<any>) => boolean;
  const full = new Error('disk full');
  const thrown = (value: unknown) => (): never => {
    // oxlint-disable-next-line typescript/only-throw-error -- that is the point
    throw value;
  };

  test.each<[string, WireLogOptions, unknown, RegExp]>([
    ['write throws', { write: thrown(full) }, full, /^the wire log has stopped: disk full$/],
    ['write rejects', { write: () => Promise.reject(full) }, full, /^the wire log has stopped: disk full$/],
    ['write throws undefined', { write: thrown(undefined) }, undefined, /^the wire log has stopped: undefined$/],
    [
      'write throws what has no text',
      { write: thrown(Object.create(null)) },
      {},
      /^the wire log has stopped: object that cannot be shown$/,
    ],
    ['only throws', { only: thrown(full) as Chosen, write: () => {} }, full, /^the wire log has stopped: disk full$/],
  ])('%s', async (_name, options, cause, message) => {
    const warned = warnings();
    const before = logged({ maxBytes: 0 });
    const broken = wireLog(options);
    logs.push(broken);
    const after = logged({ maxBytes: 0 });
    const embedded = embed(lines, { onRead: (connection, text) => connection.send(text) });
    embedded.feed('a\nb\n');
    await embedded.settled();
    embedded.feed('c\n');
    expect(embedded.sent().toString()).toBe('a\nb\nc\n');
    expect(warned).toEqual([expect.any(WireError)]);
    expect(warned[0]).toMatchObject({ code: 'WIRE_LOG_FAILED', cause });
    expect(warned[0]!.message).toMatch(message);
    expect(heads(before)).toHaveLength(7);
    expect(after.calls).toEqual(before.calls);
    expect(embedded.connection.writable).toBe(true);
  });

  test('a stopped log tells nothing, and does not fail any more', async () => {
    const warned = warnings();
    const write = (): Promise<never> => {
      log.stop();
      return Promise.reject(new Error('too late'));
    };
    const log = wireLog({ write });
    embed(lines).feed('a\nb\n');
    await new Promise((resolve) => setImmediate(resolve));
    expect(warned).toEqual([]);
  });
});
