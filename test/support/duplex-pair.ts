import { Duplex } from 'node:stream';

/** Two streams, each of which reads what the other is given, byte arrays and all. */
export function duplexPair(): [Duplex, Duplex] {
  const sides: Duplex[] = [];
  const make = (other: number): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _encoding, callback) {
        sides[other]!.push(chunk);
        callback();
      },
      final(callback) {
        sides[other]!.push(null);
        callback();
      },
    });
  sides.push(make(1), make(0));
  return [sides[0]!, sides[1]!];
}
