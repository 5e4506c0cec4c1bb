const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/** A figure, as short as three digits make it: 846K, 1.2M, 0.97. */
export function numberText(value: number): string {
  return compact.format(value);
}

/** A ratio: two decimals, or three digits when it is large. */
export function ratioText(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toPrecision(3);
}
