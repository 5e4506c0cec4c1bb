/** The most ticks that an axis is to have. */
const MOST = 10;

/** Where ticks may be: a base, and what its powers are multiplied with; from many to few. */
const DECIMAL: readonly Grid[] = [
  [10, [1, 1.5, 2, 3, 5, 7]],
  [10, [1, 2, 5]],
  [10, [1, 5]],
  [10, [1]],
  [1000, [1]],
];
const BINARY: readonly Grid[] = [
  [2, [1, 1.5]],
  [2, [1]],
  [4, [1]],
  [8, [1]],
  [32, [1]],
  [1024, [1]],
];

type Grid = readonly [base: number, multiples: readonly number[]];

/**
 * Ticks of a logarithmic axis, at round numbers. The first and the last are the ends of the axis: all that is to be seen lies between them.
 *
 * @param low the least that is to be seen, above 0
 * @param high the greatest
 * @param binary whether powers of two are round
 */
export function logTicks(low: number, high: number, binary: boolean): number[] {
  const choices = (binary ? BINARY : DECIMAL).map((grid) => ticksOf(grid, low, high));
  return choices.find((ticks) => ticks.length <= MOST) ?? choices.at(-1)!;
}

/** From the last tick that is not above the range to the first one that is not below. */
function ticksOf([base, multiples]: Grid, low: number, high: number): number[] {
  const exponents = [logOf(low, base), logOf(high, base)].map(Math.floor) as [number, number];
  const all = Array.from({ length: exponents[1] - exponents[0] + 2 }, (_, index) =>
    multiples.map((multiple) => multiple * base ** (exponents[0] + index)),
  ).flat();
  const first = all.filter((tick) => tick <= low).length - 1;
  const last = all.findIndex((tick) => tick >= high);
  return all.slice(first, Math.max(last, first + 1) + 1);
}

/** Where the logarithm is whole but for its rounding, it is whole. */
function logOf(value: number, base: number): number {
  return Number((Math.log2(value) / Math.log2(base)).toPrecision(12));
}
