/** Entry of the process of one worker: `node run-worker.js <kind> <port> <function> <jobs at once>`. It works until stdin closes. */
import { type LibraryKind, loadLibrary } from './library-kind.ts';

const [kind, port, name, jobs] = process.argv.slice(2);
const library = await loadLibrary(kind as LibraryKind);
library.startWorker(Number(port), name!, Number(jobs));
process.stdin.on('end', () => process.exit()).resume();
