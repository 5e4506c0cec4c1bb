// What the benchmark uses of the packages that come without types.

declare module 'split2' {
  import type { Transform } from 'node:stream';

  export default function split(): Transform;
}
