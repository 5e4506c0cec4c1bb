import type { SliceAnswer, SliceTimes } from './slice-process.ts';

/**
 * Makes this the process of a client, which runs the slices that its parent orders, and ends with it.
 *
 * @param run runs one, calls `onMeasuring` when what is done begins to count, and resolves with operations a second
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what the parent sends is of the caller's type
export function obeyOrders<Order extends SliceTimes>(
  run: (order: Order, onMeasuring: () => void) => Promise<number>,
): void {
  process.on('message', (order: Order) => void obey(order).then(tell));
  // What is left in a client, such as timers, must not keep it.
  process.on('disconnect', () => process.exit());

  async function obey(order: Order): Promise<SliceAnswer> {
    try {
      return { phase: 'done', perSecond: await run(order, () => tell({ phase: 'measuring' })) };
    } catch (error) {
      return { phase: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }
}

function tell(answer: SliceAnswer): void {
  process.send!(answer);
}
