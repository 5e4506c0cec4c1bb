/**
 * Up to so many bytes {@link copyShort} takes less time than a call into the runtime: on Node 20, half of it at 190 bytes.
 */
export const SHORT_COPY = 192;

/** What is copied at a time. */
const STEP = 8;

/**
 * Copies the bytes `[start, end)` of one view to `at` of another. The two must not overlap. Eight at a time, in the byte order that
 * most processors have, so that none is turned around; the last eight once more, rather than what is left byte by byte.
 */
export function copyShort(from: DataView, start: number, end: number, to: DataView, at: number): void {
  const last = end - STEP;
  if (start > last) {
    for (; start < end; start++, at++) to.setInt8(at, from.getInt8(start));
    return;
  }
  for (; start < last; start += STEP, at += STEP) {
    to.setInt32(at, from.getInt32(start, true), true);
    to.setInt32(at + 4, from.getInt32(start + 4, true), true);
  }
  at += last - start;
  to.setInt32(at, from.getInt32(last, true), true);
  to.setInt32(at + 4, from.getInt32(last + 4, true), true);
}
