import { Buffer } from 'node:buffer';

import { expect } from 'vitest';

declare global {
  // Files share the process that they run in, and what is added here stays.
  var wirewrightComparesBytes: boolean | undefined;
}

/*
 * Bytes are compared as bytes. Without this each byte is a property that is looked up by its name, twice: a MiB takes most of a second.
 */
if (globalThis.wirewrightComparesBytes !== true) {
  globalThis.wirewrightComparesBytes = true;
  expect.addEqualityTesters([
    (a, b) =>
      a instanceof Uint8Array && b instanceof Uint8Array && a.constructor === b.constructor
        ? Buffer.compare(a, b) === 0
        : undefined,
  ]);
}
