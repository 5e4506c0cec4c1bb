/** Entry of the process of one client: `node run-client.js <kind> <port>`. It runs the slices that it is told to by its parent. */
import { CASES } from './client-case.ts';
import { type ClientKind, openClient } from './client-kind.ts';
import type { SliceAnswer } from '../side-by-side/slice-process.ts';
import type { SliceOrder } from './client-messages.ts';
import { itemsOf } from './items.ts';
import { runSlice } from './run-slice.ts';

const [kind, port] = process.argv.slice(2);
const client = await openClient(kind as ClientKind, Number(port));

async function obey({ caseName, warm, seconds }: SliceOrder): Promise<SliceAnswer> {
  try {
    const clientCase = CASES.find(({ name }) => name === caseName)!;
    const items = itemsOf(clientCase, kind as ClientKind);
    const perSecond = await runSlice(client, clientCase, items, { warm, seconds }, () => tell({ phase: 'measuring' }));
    return { phase: 'done', perSecond };
  } catch (error) {
    return { phase: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

function tell(answer: SliceAnswer): void {
  process.send!(answer);
}

process.on('message', (order: SliceOrder) => void obey(order).then(tell));
// What is left in a client, such as timers, must not keep it.
process.on('disconnect', () => process.exit());
