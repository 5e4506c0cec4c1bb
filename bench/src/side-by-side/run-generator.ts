import { type JsonLine, JsonLineProcess } from '../process/json-line-process.ts';

/** For how long a generator may say nothing, in ms: it knows itself when a server stalls, but work that is bounded by number may take long. */
const PATIENCE = 120_000;

/** What a load generator says, each in a line of JSON. */
export interface GeneratorEvents {
  /** What is done begins to count. */
  readonly onMeasuring: () => void;
  /** It does not count any more. */
  readonly onDone: (line: JsonLine) => void;
  /** All of the load is over. Without it the load is ended as soon as it does not count. */
  readonly onEnd?: ((line: JsonLine) => void) | undefined;
}

/** Runs a load generator, and ends it. Rejects when it fails. */
export async function runGenerator(
  name: string,
  command: readonly string[],
  { onMeasuring, onDone, onEnd }: GeneratorEvents,
): Promise<void> {
  const load = new JsonLineProcess(name, command);
  try {
    await phase(load, 'measuring');
    onMeasuring();
    onDone(await phase(load, 'done'));
    onEnd?.(await phase(load, 'ended'));
  } finally {
    await load.stop();
  }
}

async function phase(load: JsonLineProcess, expected: string): Promise<JsonLine> {
  const line = await load.next(PATIENCE);
  if (line['phase'] === expected) return line;
  throw new Error(line['phase'] === 'failed' ? String(line['reason']) : `unexpected ${JSON.stringify(line)}`);
}
