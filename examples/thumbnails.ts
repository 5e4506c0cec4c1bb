/*
 * A queue of thumbnails with progress, all in one process and without a socket: a job server, two workers, and a client that watches. Images are
 * portable graymaps (https://netpbm.sourceforge.net/doc/pgm.html), so that nothing is needed to read them.
 *
 *   node examples/dist/thumbnails.js
 */
import { Buffer } from 'node:buffer';

import { memoryPlace } from '@wirewright/core/testing';
import { GearmanClient, type Job, JobServer, Worker } from '@wirewright/gearman';

import { run } from './run.ts';

/** Pixels of an image that become one of its thumbnail, each way. */
const SCALE = 8;

interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

function write({ width, height, pixels }: Image): Buffer {
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), pixels]);
}

function read(bytes: Buffer): Image {
  const match = /^P5\n(\d+) (\d+)\n255\n/.exec(bytes.toString('latin1', 0, 64));
  if (match === null) throw new Error('this is no graymap');
  return { width: Number(match[1]), height: Number(match[2]), pixels: bytes.subarray(match[0].length) };
}

/** The mean of a square of pixels. */
function mean({ width, pixels }: Image, left: number, top: number): number {
  let sum = 0;
  for (let y = top; y < top + SCALE; y++) for (let x = left; x < left + SCALE; x++) sum += pixels[y * width + x]!;
  return sum / SCALE ** 2;
}

/** Tells of each eighth that is done, and lets others have their turn. */
async function thumbnail(job: Job): Promise<Buffer> {
  const image = read(job.payload);
  const width = Math.floor(image.width / SCALE);
  const height = Math.floor(image.height / SCALE);
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    job.signal.throwIfAborted();
    for (let x = 0; x < width; x++) pixels[y * width + x] = mean(image, x * SCALE, y * SCALE);
    // oxlint-disable-next-line no-await-in-loop -- one row after the other
    if ((y + 1) % Math.ceil(height / 8) === 0) await job.status(y + 1, height);
  }
  return write({ width, height, pixels });
}

/** Light that falls from the upper left. */
function gradient(width: number, height: number): Image {
  const pixels = Uint8Array.from({ length: width * height }, (_, index) => {
    const shade = (index % width) / width + Math.floor(index / width) / height;
    return 255 - 127 * shade;
  });
  return { width, height, pixels };
}

await run(async () => {
  await using server = new JobServer({ functions: { thumbnail: { timeout: 10_000, retries: 2 } } });
  const place = memoryPlace(server);
  const complain = (error: Error): void => console.warn(`a worker: ${error.message}`);
  await using first = new Worker(place).handle('thumbnail', thumbnail).onError(complain);
  await using second = new Worker(place).handle('thumbnail', thumbnail).onError(complain);
  await using client = new GearmanClient(place);

  const sizes = [256, 512, 1024];
  await Promise.all(
    sizes.map(async (size) => {
      const task = client.submit('thumbnail', write(gradient(size, size)));
      for await (const event of task) {
        if (event.type === 'status') console.log(`${size}: ${event.numerator} of ${event.denominator} rows`);
      }
      const small = read(await task);
      console.log(`${size} x ${size} is ${small.width} x ${small.height} now`);
    }),
  );
  const broken = client.submit('thumbnail', 'no image');
  await broken.catch((error: Error) => console.log(error.message));
  console.log(`${first.counters.completed + second.counters.completed} thumbnails by two workers`);
});
