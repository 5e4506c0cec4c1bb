/** Lays rows out in columns two spaces apart: the first `left` columns flush left, the rest flush right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const layOut = (row: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return column < left ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [layOut(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(layOut)].join('\n');
}
