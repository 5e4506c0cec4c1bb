/** A table in Markdown, with its columns aligned. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]!.length)));
  const layOut = (row: readonly string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [layOut(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(layOut)].join('\n');
}
