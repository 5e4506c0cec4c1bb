import type { Uint64 } from '@wirewright/codec-memcached-text';
import { isThenable } from '@wirewright/core';
import { ByteView } from '@wirewright/core/codec';

import type { Waiter } from '../call.ts';
import { UnreadableValueError } from '../errors.ts';
import type { Serializer } from '../values/serializer.ts';

/** An item as `gets` gives it. */
export interface CacheItem<Out> {
  /** What the serializer made of the bytes. */
  readonly value: Out;
  /** Of this version of it: `cas` stores only while the item has it. */
  readonly cas: Uint64;
  /** 32 bits that are kept with the value: how the serializer wrote it. */
  readonly flags: number;
}

/** What reads values. */
export type Decoder = Pick<Serializer<never, unknown>, 'decode'>;

/** Settles a call with the value that lies in `[start, end)`, or with what `result` makes of it. */
export function settleValue(
  call: Waiter,
  decoder: Decoder,
  source: Uint8Array,
  start: number,
  end: number,
  flags: number,
  result?: (value: unknown) => unknown,
): void {
  let value: unknown;
  try {
    value = decoder.decode(new ByteView(source, start, end), flags);
  } catch (error) {
    call.reject(new UnreadableValueError(flags, error));
    return;
  }
  if (isThenable(value)) {
    value.then(
      (ready) => call.resolve(result === undefined ? ready : result(ready)),
      (error: unknown) => call.reject(new UnreadableValueError(flags, error)),
    );
  } else {
    call.resolve(result === undefined ? value : result(value));
  }
}
