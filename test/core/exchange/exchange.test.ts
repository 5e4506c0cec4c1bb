import { Exchange, type Connection } from '@wirewright/core';
import { embed } from '@wirewright/core/testing';
import { line } from '@wirewright/codec-line';
import { describe, expect, test } from 'vitest';

const whole = <T>(frame: T): T => frame;

describe('request()', () => {
  test('matches replies first in, first out', async () => {
    const embedded = embed(line(), {}, { role: 'client', record: false });
    const exchange = new Exchange(embedded.connection);
    const first = exchange.request('a', whole);
    const second = exchange.request('b', whole);
    expect(embedded.sent().toString()).toBe('a\nb\n');
    await embedded.settled();
    embedded.feed('1\n2\n');
    expect(await Promise.all([first, second])).toEqual(['1', '2']);
  });
});
