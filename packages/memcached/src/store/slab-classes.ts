import { PAGE_SIZE } from './pages.ts';

/** The smallest chunk, in bytes. */
const SMALLEST = 64;

/** How much larger the chunks of each class are than those of the one below. */
export const GROWTH = 1.15;

/** Largest chunk that shares a page; what is larger has a page of its own. */
export const LARGEST_CHUNK: number = PAGE_SIZE / 2;

/** The class of items that have a page of their own each. */
export const OWN_PAGE = 0;

/** Sizes of the chunks by class, from class 1 on; all are multiples of 8. */
export const CHUNK_SIZES: readonly number[] = chunkSizes();

/** The class of each size, in steps of 8 bytes: to look it up is faster than to search. */
const CLASS_OF = classTable();

/** The class whose chunks are just large enough for `size` bytes. */
export function classFor(size: number): number {
  return size > LARGEST_CHUNK ? OWN_PAGE : CLASS_OF[(size + 7) >>> 3]!;
}

function chunkSizes(): number[] {
  const sizes = [0];
  for (let size = SMALLEST; size < LARGEST_CHUNK;) {
    // As many of them as a page holds of this size could be a little larger: what does not fit would be lost at its end.
    const perPage = Math.floor(PAGE_SIZE / size);
    const chunk = Math.floor(PAGE_SIZE / perPage / 8) * 8;
    sizes.push(chunk);
    size = Math.max(chunk + 8, Math.ceil((chunk * GROWTH) / 8) * 8);
  }
  if (sizes.at(-1)! < LARGEST_CHUNK) sizes.push(LARGEST_CHUNK);
  return sizes;
}

function classTable(): Uint8Array {
  const table = new Uint8Array(LARGEST_CHUNK / 8 + 1);
  let slabClass = 1;
  for (let step = 0; step < table.length; step++) {
    while (CHUNK_SIZES[slabClass]! < step * 8) slabClass++;
    table[step] = slabClass;
  }
  return table;
}
