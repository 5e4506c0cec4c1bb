/** So much of a line is told in an error. */
const SHOWN = 60;

/** A line as errors tell it. */
export function quoted(line: string): string {
  return JSON.stringify(line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line);
}
