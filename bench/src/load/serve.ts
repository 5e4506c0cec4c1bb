/** Entry of a server process: `node serve.js <kind> <port> [folder]`, for a kind that speaks TLS with the folder of its certificate. */
import { loadServer } from './load-server.ts';
import { isServerKind } from './server-kind.ts';

const [kind = '', port, tlsFolder = ''] = process.argv.slice(2);
if (!isServerKind(kind)) throw new Error(`serve: no server kind "${kind}"`);
const start = await loadServer(kind);
await start(Number(port), tlsFolder);
