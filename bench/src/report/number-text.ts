const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A figure, as short as three digits make it: 846K, 1.2M, 0.97. */
export function numberText(value: number): string {
  return compact.format(value);
}

/** A ratio: two decimals, or three digits when it is large. */
export function ratioText(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toPrecision(3);
}

/** A number of bytes in units of 1024: 16 B, 4 KiB, 1.5 MiB. */
export function bytesText(bytes: number): string {
  const exponent = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), BINARY_UNITS.length - 1);
  return `${Number((bytes / 1024 ** exponent).toPrecision(3))} ${BINARY_UNITS[exponent]}`;
}
