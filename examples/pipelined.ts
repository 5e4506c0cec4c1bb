import { line } from '@wirewright/codec-line';
import { Client, type ConnectPlace } from '@wirewright/core';

/**
 * Measures how many lines per second come back from an echo server when `batch` of them are sent without waiting. Takes `time` ms.
 *
 * @throws {Error} (rejects) the server closed the connection
 */
export async function measurePipelined(place: ConnectPlace, batch: number, time: number): Promise<number> {
  const text = 'a line to be echoed, of 32 bytes';
  let received = 0;
  let elapsed = 0;
  await using client = new Client({ codec: line() }).onRead((connection) => {
    if (++received % batch !== 0) return undefined;
    elapsed = performance.now() - start;
    if (elapsed >= time) return connection.close();
    for (let i = 0; i < batch; i++) connection.send(text);
    return undefined;
  });
  const connection = await client.connect(place);
  const start = performance.now();
  for (let i = 0; i < batch; i++) connection.send(text);
  const reason = await connection.closed;
  if (reason !== 'local') throw new Error(`the server closed the connection: ${reason}`);
  return (received / elapsed) * 1000;
}
