/** Entry of the process of one client: `node run-client.js <kind> <port> <function>`. It runs the slices that it is told to by its parent. */
import { obeyOrders } from '../process/obey-orders.ts';
import type { JobOrder } from './duo.ts';
import { type LibraryKind, loadLibrary } from './library-kind.ts';
import { runSlice } from './run-slice.ts';

const [kind, port, name] = process.argv.slice(2);
const library = await loadLibrary(kind as LibraryKind);
const client = library.openClient(Number(port), name!);

obeyOrders(({ callers, ...times }: JobOrder, onMeasuring) => runSlice(client, callers, times, onMeasuring));
