/** Entry of the process of one client: `node run-client.js <kind> <port>`. It runs the slices that it is told to by its parent. */
import { obeyOrders } from '../process/obey-orders.ts';
import { CASES } from './client-case.ts';
import { type ClientKind, openClient } from './client-kind.ts';
import { itemsOf } from './items.ts';
import type { CaseOrder } from './measure-case.ts';
import { runSlice } from './run-slice.ts';

const [kind, port] = process.argv.slice(2);
const client = await openClient(kind as ClientKind, Number(port));

obeyOrders(({ caseName, ...times }: CaseOrder, onMeasuring) => {
  const clientCase = CASES.find(({ name }) => name === caseName)!;
  return runSlice(client, clientCase, itemsOf(clientCase, kind as ClientKind), times, onMeasuring);
});
