export { memoryPlace } from './memory-place.ts';
