import type { Result } from './result.ts';
import { spreadOf } from './spread.ts';

/** Whether the bar of a row is met; undefined where there is none. */
export function isMet({ bar, ratio, ratios }: Result): boolean | undefined {
  if (bar === undefined) return undefined;
  const value = spreadOf(ratios).median;
  return ratio === 'speed' ? value >= bar : value <= bar;
}

/** The bar as it is to be read: at least or at most. Empty where there is none. */
export function barText({ bar, ratio }: Result): string {
  return bar === undefined ? '' : `${ratio === 'speed' ? '>=' : '<='} ${Number(bar.toFixed(2))}`;
}
