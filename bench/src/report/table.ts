/** Lays rows out in columns two spaces apart, flush right but for those at the indices `left`. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], left: readonly number[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const layOut = (row: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? '';
        return left.includes(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  return [layOut(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(layOut)].join('\n');
}
