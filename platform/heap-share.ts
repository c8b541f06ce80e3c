import { getHeapStatistics } from 'node:v8';

/** `most`, or as many of so many bytes each as fit into that share of the memory which this process has for objects. */
export function withinHeap(most: number, bytesEach: number, share: number): number {
  return Math.min(most, Math.floor((getHeapStatistics().heap_size_limit * share) / bytesEach));
}
