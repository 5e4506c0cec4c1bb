import { Buffer } from 'node:buffer';

import { InvalidOptionError } from '@wirewright/core';
import { type Bytes, type Item, MemoryStore, type MemoryStoreOptions, type StoreMode } from '@wirewright/memcached';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { random } from '../support/random.ts';
import { same } from '../support/same.ts';

function bytes(text: string | Buffer): Bytes {
  // In the midst of something else, as a received key is.
  const buffer = Buffer.concat([Buffer.from('<'), Buffer.from(text), Buffer.from('>')]);
  return { buffer, start: 1, end: buffer.length - 1 };
}

function valueOf(item: Item | undefined): string | undefined {
  return item?.buffer.toString('latin1', item.valueStart, item.valueEnd);
}

function casOf(item: Item | undefined): bigint {
  return (BigInt(item!.casHigh) << 32n) | BigInt(item!.casLow);
}

/** A store, and the time of its clock in seconds. */
function storeAt(options: MemoryStoreOptions = {}): {
  store: MemoryStore;
  pass(seconds: number): void;
  unix(): number;
} {
  let now = 1_700_000_000;
  const store = new MemoryStore({ ...options, wall: () => now * 1000 });
  const pass = (seconds: number): void => {
    now += seconds;
    store.clock.tick();
  };
  return { store, pass, unix: () => now };
}

describe('an item', () => {
  test('lies in the store as a text client gets it', () => {
    const { store } = storeAt();
    expect(store.store('set', bytes('some key'), 4_294_967_295, 0, bytes('value\r\n\0'))).toBe('stored');
    const item = store.get(bytes('some key'))!;
    const { buffer, wireStart, wireEnd, keyStart, keyEnd } = item;
    expect(buffer.toString('latin1', wireStart, wireEnd)).toBe('VALUE some key 4294967295 8\r\nvalue\r\n\0\r\n');
    expect(buffer.toString('latin1', keyStart, keyEnd)).toBe('some key');
    expect([valueOf(item), item.flags, item.ttl, item.fetched]).toEqual(['value\r\n\0', 4_294_967_295, -1, true]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 249, 250])('is found by all %i bytes of its key', (length) => {
    const { store } = storeAt();
    // So many that others lie in the same bucket, and each differs from many in a single byte near the end.
    const keys = new Map<string, Buffer>();
    for (let i = 0; i < 8192; i++) {
      const key = Buffer.alloc(length, 'k');
      for (let at = 0; at < Math.min(length, 8); at++) key[length - 1 - at] = 0x80 + ((i >> (2 * at)) & 3) + at;
      keys.set(key.toString('latin1'), key);
    }
    const all = [...keys.values()];
    for (const [i, key] of all.entries()) if (i % 2 === 0) store.store('set', bytes(key), 0, 0, bytes(`${i}`));
    expect(all.map((key) => valueOf(store.get(bytes(key))))).toEqual(
      all.map((_, i) => (i % 2 === 0 ? `${i}` : undefined)),
    );
  });

  test.each<[StoreMode, boolean, string, string | undefined]>([
    ['set', false, 'stored', 'new'],
    ['set', true, 'stored', 'new'],
    ['add', false, 'stored', 'new'],
    ['add', true, 'not-stored', 'old'],
    ['replace', false, 'not-stored', undefined],
    ['replace', true, 'stored', 'new'],
    ['append', false, 'not-stored', undefined],
    ['append', true, 'stored', 'oldnew'],
    ['prepend', false, 'not-stored', undefined],
    ['prepend', true, 'stored', 'newold'],
  ])('%s, when there is one: %s, is %s', (mode, there, outcome, value) => {
    const { store } = storeAt();
    if (there) store.store('set', bytes('k'), 7, 100, bytes('old'));
    expect(store.store(mode, bytes('k'), 9, 0, bytes('new'))).toBe(outcome);
    const item = store.get(bytes('k'));
    expect(valueOf(item)).toBe(value);
    // Appending keeps flags and expiry.
    if (there) expect([item!.flags, item!.ttl]).toEqual(/end|add/.test(mode) ? [7, 100] : [9, -1]);
  });

  test('has a cas of its own for each change, and is changed only by who knows it', () => {
    const { store } = storeAt();
    store.store('set', bytes('a'), 0, 0, bytes('1'));
    const first = casOf(store.get(bytes('a')));
    expect(store.store('cas', bytes('a'), 0, 0, bytes('2'), { cas: first + 1n })).toBe('exists');
    expect(store.store('cas', bytes('b'), 0, 0, bytes('2'), { cas: first })).toBe('not-found');
    expect(store.store('cas', bytes('a'), 0, 0, bytes('2'), { cas: first })).toBe('stored');
    expect(casOf(store.get(bytes('a')))).toBe(first + 1n);
    expect([
      store.delete(bytes('a'), { cas: first }),
      store.delete(bytes('a'), { cas: first + 1n }),
      store.delete(bytes('a')),
    ]).toEqual(['exists', 'deleted', 'not-found']);
  });

  test.each<[string, bigint, boolean, unknown, string]>([
    ['9', 1n, true, 10n, '10'],
    ['10', 1n, false, 9n, '9 '],
    ['5', 10n, false, 0n, '0'],
    ['18446744073709551615', 1n, true, 0n, '0                   '],
    ['9007199254740993', 2n, true, 9007199254740995n, '9007199254740995'],
    [' 7 ', 1n, true, 8n, '8  '],
    ['12 monkeys', 1n, true, 13n, '13        '],
    ['', 1n, true, 'non-numeric', ''],
    ['-5', 1n, true, 'non-numeric', '-5'],
    ['1x', 1n, true, 'non-numeric', '1x'],
    ['18446744073709551616', 1n, true, 'non-numeric', '18446744073709551616'],
    ['00000000000000000000007', 1n, true, 8n, '8                      '],
    ['000', 1n, true, 1n, '1  '],
  ])('of %j, changed by %s (up: %s), is %s', (value, delta, up, result, stored) => {
    const { store } = storeAt();
    store.store('set', bytes('n'), 3, 50, bytes(value));
    expect(store.arithmetic(bytes('n'), delta, up)).toBe(result);
    const item = store.get(bytes('n'));
    expect([valueOf(item), item!.flags, item!.ttl]).toEqual([stored, 3, 50]);
    expect(store.arithmetic(bytes('missing'), 1n, true)).toBe('not-found');
    expect(store.arithmetic(bytes('n'), 1n, true, { cas: 0n })).toBe(stored === '' ? 'non-numeric' : 'exists');
  });
});

describe('time', () => {
  test.each<[string, (unix: number) => number, number, boolean]>([
    ['never', () => 0, 10_000_000, true],
    ['before its end', () => 10, 9, true],
    ['at its end', () => 10, 10, false],
    ['at once, with a negative one', () => -1, 0, false],
    ['after 30 days', () => 2_592_000, 2_591_999, true],
    ['at a Unix time to come', (unix) => unix + 100, 99, true],
    ['at a Unix time that has come', (unix) => unix + 100, 100, false],
    ['at a Unix time before the process', () => 2_592_001, 0, false],
  ])('ends an item %s', (_, exptime, seconds, there) => {
    const { store, pass, unix } = storeAt();
    store.store('set', bytes('k'), 0, exptime(unix()), bytes('v'));
    pass(seconds);
    expect(store.get(bytes('k')) !== undefined).toBe(there);
    expect(store.counters).toMatchObject({ currItems: there ? 1 : 0, getExpired: there ? 0 : 1 });
  });

  test('does not pass when somebody sets the clock of the machine', () => {
    const now = vi.spyOn(Date, 'now');
    onTestFinished(() => now.mockRestore());
    const store = new MemoryStore();
    store.store('set', bytes('k'), 0, 600, bytes('v'));
    now.mockReturnValue(Date.now() + 3_600_000);
    store.tick();
    expect(valueOf(store.get(bytes('k')))).toBe('v');
  });

  test('is given anew by touch', () => {
    const { store, pass } = storeAt();
    store.store('set', bytes('k'), 0, 10, bytes('v'));
    expect(store.touch(bytes('k'), 100)?.ttl).toBe(100);
    pass(50);
    expect(store.get(bytes('k'))?.ttl).toBe(50);
    expect(store.touch(bytes('missing'), 1)).toBeUndefined();
  });

  test('of a flush ends what was there, not what comes after', () => {
    const { store, pass } = storeAt();
    store.store('set', bytes('a'), 0, 0, bytes('v'));
    store.flush(0);
    expect([store.get(bytes('a')), store.counters.currItems, store.counters.bytes]).toEqual([undefined, 0, 0]);
    store.store('set', bytes('a'), 0, 0, bytes('v'));
    store.flush(10);
    pass(8);
    expect(valueOf(store.peek(bytes('a')))).toBe('v');
    pass(2);
    store.store('set', bytes('b'), 0, 0, bytes('w'));
    expect([store.get(bytes('a')), valueOf(store.get(bytes('b')))]).toEqual([undefined, 'w']);
    expect(store.counters.getFlushed).toBe(2);
  });

  test('of a flush to come is forgotten with one at once', () => {
    const { store, pass } = storeAt();
    store.flush(3);
    store.flush(0);
    store.store('set', bytes('k'), 0, 0, bytes('v'));
    pass(10);
    expect(valueOf(store.get(bytes('k')))).toBe('v');
  });
});

describe('a mark', () => {
  test('says that a value is stale, and that somebody was told so, until it is stored anew', () => {
    const { store } = storeAt();
    store.store('set', bytes('k'), 7, 100, bytes('old'));
    const cas = casOf(store.peek(bytes('k')));
    expect(store.delete(bytes('k'), { stale: 30 })).toBe('deleted');
    const item = store.get(bytes('k'))!;
    expect([valueOf(item), item.stale, item.claimed, item.ttl, casOf(item)]).toEqual([
      'old',
      true,
      false,
      30,
      cas + 1n,
    ]);
    store.claim(bytes('k'));
    // Whoever had the value from before may store its successor, which is as stale.
    expect(store.store('cas', bytes('k'), 0, 0, bytes('late'), { cas })).toBe('exists');
    expect(store.store('cas', bytes('k'), 0, 0, bytes('late'), { cas, stale: true })).toBe('stored');
    const late = store.get(bytes('k'))!;
    expect([valueOf(late), late.stale, late.claimed, late.ttl]).toEqual(['late', true, true, 30]);
    expect(store.store('set', bytes('k'), 0, 0, bytes('new'))).toBe('stored');
    const fresh = store.get(bytes('k'))!;
    expect([fresh.stale, fresh.claimed, fresh.ttl]).toEqual([false, false, -1]);
  });

  test('of a key without its value leaves nothing else of it', () => {
    const { store } = storeAt();
    store.store('set', bytes('k'), 7, 100, bytes('value'));
    expect(store.delete(bytes('k'), { empty: true })).toBe('deleted');
    const item = store.get(bytes('k'))!;
    expect([valueOf(item), item.flags, item.ttl, item.stale]).toEqual(['', 0, 100, false]);
  });

  test('of the cas that a client chose lives, after a flush too', () => {
    const { store } = storeAt();
    for (let i = 0; i < 10; i++) store.store('set', bytes(`${i}`), 0, 0, bytes('v'));
    store.flush(0);
    expect(store.store('set', bytes('k'), 0, 0, bytes('v'), { newCas: 3n })).toBe('stored');
    expect(casOf(store.get(bytes('k')))).toBe(3n);
    expect([store.get(bytes('5')), store.counters.currItems]).toEqual([undefined, 1]);
    store.store('set', bytes('n'), 0, 0, bytes('1'));
    store.arithmetic(bytes('n'), 1n, true, { newCas: 2n ** 64n - 1n });
    expect(casOf(store.get(bytes('n')))).toBe(2n ** 64n - 1n);
  });
});

test('a flush ends what has a cas that a client chose, however high, and nothing that comes after it, however low', () => {
  const { store } = storeAt();
  for (const [key, newCas] of [
    ['high', 2n ** 64n - 1n],
    ['low', 0n],
  ] as const)
    store.store('set', bytes(key), 0, 0, bytes('v'), { newCas });
  store.flush(0);
  expect(['high', 'low'].map((key) => valueOf(store.get(bytes(key))))).toEqual([undefined, undefined]);
  for (const newCas of [0n, 1n]) {
    store.store('set', bytes('k'), 0, 0, bytes('v'), { newCas });
    expect(valueOf(store.get(bytes('k')))).toBe('v');
  }
  store.flush(0);
  expect([store.get(bytes('k')), store.counters.currItems, store.counters.bytes]).toEqual([undefined, 0, 0]);
});

describe('memory', () => {
  const MiB = 1024 * 1024;

  test('stays within its limit: what was used longest ago makes room', () => {
    const { store, pass } = storeAt({ memoryLimit: 4 * MiB });
    const value = bytes('x'.repeat(1000));
    store.store('set', bytes('first'), 0, 0, value);
    for (let i = 0; i < 20_000; i++) {
      expect(store.store('set', bytes(`key ${i}`), 0, 0, value)).toBe('stored');
      // What is asked for again and again is kept.
      if (i % 100 === 0) {
        pass(61);
        expect(store.get(bytes('first'))).toBeDefined();
      }
    }
    expect(store.memory).toBeLessThan(5 * MiB);
    const { currItems, evictions, bytes: size } = store.counters;
    expect([currItems + evictions, size <= 4 * MiB, currItems > 3000]).toEqual([20_001, true, true]);
    expect([store.get(bytes('key 0')), valueOf(store.get(bytes('key 19999')))?.length]).toEqual([undefined, 1000]);
  });

  test('is taken from items of other sizes when there is need', () => {
    const { store } = storeAt({ memoryLimit: 4 * MiB });
    for (let i = 0; i < 50_000; i++) store.store('set', bytes(`small ${i}`), 0, 0, bytes('x'));
    const large = bytes('y'.repeat(700_000));
    for (let i = 0; i < 10; i++) expect(store.store('set', bytes(`large ${i}`), 0, 0, large)).toBe('stored');
    expect(valueOf(store.get(bytes('large 9')))?.length).toBe(700_000);
    for (let i = 0; i < 1000; i++)
      expect(store.store('set', bytes(`mid ${i}`), 0, 0, bytes('z'.repeat(5000)))).toBe('stored');
    expect(store.memory).toBeLessThan(5 * MiB);
  });

  test('goes from the size whose oldest item is older to the one that is asked for', () => {
    const { store, pass } = storeAt({ memoryLimit: 16 * MiB });
    const [large, small] = [bytes('x'.repeat(11_000)), bytes('y'.repeat(3000))];
    for (let i = 0; i < 2000; i++) store.store('set', bytes(`large ${i}`), 0, 0, large);
    const next = random(1);
    const ask = (name: string, keys: number, value: Bytes): number => {
      let hits = 0;
      for (let i = 0; i < 500; i++) {
        const key = bytes(`${name} ${Math.floor(next() * keys)}`);
        if (store.get(key) !== undefined) hits++;
        else store.store('set', key, 0, 0, value);
      }
      return hits;
    };
    // A second each: 2000 small items are asked for, of which a page holds 349.
    let hits = 0;
    for (let i = 0; i < 40; i++) {
      pass(1);
      hits = ask('small', 2000, small);
    }
    expect(hits).toBeGreaterThan(450);
    expect(store.pageMemory).toBeLessThanOrEqual(16 * MiB);
    expect(store.counters.pagesMoved).toBeGreaterThan(4);
    // Once there is room for what is asked for, pages stay where they are.
    const { pagesMoved } = store.counters;
    for (let i = 0; i < 40; i++) {
      pass(1);
      ask('small', 2000, small);
      ask('large', 500, large);
    }
    expect(store.counters.pagesMoved - pagesMoved).toBeLessThan(8);
  });

  test('that is full refuses when nothing may be thrown out, but for what has expired', () => {
    const { store, pass } = storeAt({ memoryLimit: 2 * MiB, evict: false });
    const value = bytes('x'.repeat(1000));
    let stored = 0;
    while (store.store('set', bytes(`key ${stored}`), 0, stored === 0 ? 10 : 0, value) === 'stored') stored++;
    expect(stored).toBeGreaterThan(1500);
    expect(store.store('set', bytes('one more'), 0, 0, value)).toBe('out-of-memory');
    expect(valueOf(store.get(bytes('key 1')))?.length).toBe(1000);
    pass(10);
    expect(store.store('set', bytes('one more'), 0, 0, value)).toBe('stored');
  });

  test('of what has expired is used where nothing may be thrown out, whatever lives on before it', () => {
    const { store, pass } = storeAt({ memoryLimit: 12 * MiB, evict: false });
    const value = bytes('x'.repeat(1000));
    const nameOf = (i: number): Bytes => bytes(`key ${String(i).padStart(6, '0')}`);
    const fill = (from: number): number => {
      let i = from;
      // For each page that nothing is found in, one more is refused.
      for (let refused = 0; refused < 3; i++)
        if (store.store('set', nameOf(i), 0, i === 0 ? 0 : 10, value) !== 'stored') refused++;
      return i;
    };
    const room = fill(0);
    expect(store.counters.currItems).toBeGreaterThan(10_000);
    pass(10);
    fill(room);
    expect(valueOf(store.get(nameOf(0)))?.length).toBe(1000);
    expect(store.counters.reclaimed).toBe(store.counters.currItems - 1);
    expect(store.memory).toBeLessThan(13 * MiB);
  });

  test('is told of by size, and what is thrown out of it is shown before', () => {
    const { store } = storeAt({ memoryLimit: MiB });
    const evicted: string[] = [];
    store.onEvict((item) => evicted.push(item.buffer.toString('latin1', item.keyStart, item.keyEnd)));
    for (let i = 0; i < 2000; i++) store.store('set', bytes(`key ${i}`), 0, 0, bytes('x'.repeat(1000)));
    const { evictions, currItems, evictedUnfetched } = store.counters;
    expect([evicted.length, evictedUnfetched, evicted[0]]).toEqual([evictions, evictions, 'key 0']);
    expect(evictions).toBeGreaterThan(900);
    const [only, ...others] = store.sizeClasses;
    expect([only!.items, only!.evicted, only!.pages, others]).toEqual([currItems, evictions, 1, []]);
    expect([...store.items()].length).toBe(currItems);
  });

  test('is not emptied for what is larger than all of it', () => {
    const { store } = storeAt({ memoryLimit: 4 * MiB, maxItemSize: 64 * MiB });
    store.store('set', bytes('k'), 0, 0, bytes('v'));
    const large = bytes('x'.repeat(8 * MiB));
    expect(store.store('add', bytes('large'), 0, 0, large)).toBe('out-of-memory');
    expect([valueOf(store.get(bytes('k'))), store.counters.evictions]).toEqual(['v', 0]);
    expect(store.store('set', bytes('k'), 0, 0, large)).toBe('out-of-memory');
    expect(store.get(bytes('k'))).toBeUndefined();
  });

  test('is listed as a whole, items with a page of their own included', () => {
    const { store } = storeAt();
    const names = ['small', 'large 1', 'large 2'];
    for (const name of names) store.store('set', bytes(name), 0, 0, bytes('x'.repeat(name === 'small' ? 5 : 700_000)));
    const listed: string[] = [];
    for (const { buffer, keyStart, keyEnd } of store.items()) {
      listed.push(buffer.toString('latin1', keyStart, keyEnd));
      if (listed.length > names.length) break;
    }
    expect(new Set(listed)).toEqual(new Set(names));
    expect(listed.length).toBe(names.length);
  });

  test('is listed rightly while pages go from items of one size to those of another', () => {
    const { store } = storeAt({ memoryLimit: 4 * MiB });
    for (let i = 0; i < 6000; i++) store.store('set', bytes(`key ${i}`), 0, 0, bytes('x'.repeat(600)));
    const listed = new Set<string>();
    for (const { buffer, keyStart, keyEnd } of store.items()) {
      listed.add(buffer.toString('latin1', keyStart, keyEnd));
      if (listed.size !== 5) continue;
      // The large ones take the page that is being listed, and leave it to those of a third size.
      store.store('set', bytes('large 1'), 0, 0, bytes('y'.repeat(900_000)));
      store.delete(bytes('large 1'));
      // What would be taken for the beginning of an item lies in the midst of these.
      for (let i = 0; i < 300; i++) store.store('set', bytes(`mid ${i}`), 0, 0, bytes(Buffer.alloc(9000, 0xff)));
    }
    expect(store.counters.pagesMoved).toBe(1);
    expect([...listed].filter((key) => !/^(?:key|mid) \d+$/.test(key))).toEqual([]);
    const left = Array.from({ length: 6000 }, (_, i) => `key ${i}`).filter(
      (key) => store.peek(bytes(key)) !== undefined,
    );
    expect(left.length).toBeGreaterThan(4000);
    expect(left.filter((key) => !listed.has(key))).toEqual([]);
  });

  test('is not for what is too large, which takes the old value along', () => {
    const { store } = storeAt({ maxItemSize: 2000 });
    const large = bytes('x'.repeat(2000));
    store.store('set', bytes('k'), 0, 0, bytes('old'));
    expect(store.store('append', bytes('k'), 0, 0, large)).toBe('not-stored');
    expect(store.store('add', bytes('k'), 0, 0, large)).toBe('not-stored');
    expect(valueOf(store.get(bytes('k')))).toBe('old');
    expect(store.store('set', bytes('k'), 0, 0, large)).toBe('too-large');
    expect(store.get(bytes('k'))).toBeUndefined();
  });
});

test.each([{ memoryLimit: 1000 }, { maxItemSize: 0 }, { evict: 1 }, { cas: 'yes' }, { wall: 5 }, { limit: 5 }])(
  'a store cannot be had with %o',
  (options) => {
    expect(() => new MemoryStore(options as never)).toThrow(InvalidOptionError);
  },
);

test('a store is as a Map would be, whatever is asked of it', () => {
  const next = random(7);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)]!;
  const { store } = storeAt();
  const model = new Map<string, { flags: number; value: string }>();
  const modes: readonly StoreMode[] = ['set', 'set', 'add', 'replace', 'append', 'prepend'];
  for (let i = 0; i < 100_000; i++) {
    const key = `key ${Math.floor(next() * 5000)}`;
    const old = model.get(key);
    const what = next();
    if (what < 0.4) {
      same(valueOf(store.get(bytes(key))), old?.value);
    } else if (what < 0.9) {
      const mode = pick(modes);
      const value = 'v'.repeat(Math.floor(next() ** 4 * 3000)) + String(i);
      const flags = Math.floor(next() * 2 ** 32);
      const possible = mode === 'set' || (mode === 'add') === (old === undefined);
      same(store.store(mode, bytes(key), flags, 0, bytes(value)), possible ? 'stored' : 'not-stored');
      if (!possible) continue;
      if (mode === 'append') model.set(key, { flags: old!.flags, value: old!.value + value });
      else if (mode === 'prepend') model.set(key, { flags: old!.flags, value: value + old!.value });
      else model.set(key, { flags, value });
      // None grows for ever.
      if (model.get(key)!.value.length > 20_000) {
        model.delete(key);
        store.delete(bytes(key));
      }
    } else {
      same(store.delete(bytes(key)), old === undefined ? 'not-found' : 'deleted');
      model.delete(key);
    }
  }
  expect(store.counters).toMatchObject({ currItems: model.size, evictions: 0 });
  for (const [key, { flags, value }] of model) {
    const item = store.peek(bytes(key));
    same([valueOf(item), item?.flags], [value, flags]);
  }
  expect([...store.items()].length).toBe(model.size);
});
