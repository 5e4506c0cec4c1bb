import { codecs } from './codecs.ts';
import { measureCodec, type Selection } from './measure-codec.ts';

/** Measures one codec in a process of its own, and tells what it is at, and then what it found, by messages. */
async function run([name = '', only = '', rounds = '1']: readonly string[]): Promise<void> {
  const selection: Selection = { only, rounds: Number(rounds) };
  const rows = await codecs.get(name)!();
  const findings = await measureCodec(rows, selection, (step) => process.send!({ step }));
  process.send!({ findings });
  process.disconnect();
}

await run(process.argv.slice(2));
