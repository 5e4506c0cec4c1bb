/**
 * Up to so many bytes {@link copyShort} takes less time than a call into the runtime: on Node 20, half of it at 100 bytes.
 */
export const SHORT_COPY = 192;

/** Copies the bytes `[start, end)` of one view to `at` of another, eight at a time. The two must not overlap. */
export function copyShort(from: DataView, start: number, end: number, to: DataView, at: number): void {
  for (const last = end - 7; start < last; start += 8, at += 8) {
    to.setInt32(at, from.getInt32(start));
    to.setInt32(at + 4, from.getInt32(start + 4));
  }
  for (; start < end; start++, at++) to.setInt8(at, from.getInt8(start));
}
