import { createDeliveryWorker, type DeliveryWorker, type WorkerDependencies } from './delivery-worker';

/** A worker per destination: one that is dead slows no other. */
export interface DeliveryWorkers {
  /** From now on deliveries are sent; those of `sandboxes` that waited, too. */
  start(sandboxes: readonly string[]): void;
  /** Something may wait for this destination. */
  wake(sandbox: string, destination: string): void;
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** No worker begins before `start`. */
export function createDeliveryWorkers(dependencies: WorkerDependencies): DeliveryWorkers {
  const workers = new Map<string, DeliveryWorker>();
  let started = false;
  let starting: Promise<void> = Promise.resolve();

  const wake = (sandbox: string, destination: string): void => {
    if (!started) return;
    const name = `${sandbox}|${destination}`;
    const worker = workers.get(name) ?? createDeliveryWorker(dependencies, sandbox, destination);
    workers.set(name, worker);
    worker.wake();
  };

  const wakeAll = async (sandboxes: readonly string[]): Promise<void> => {
    for (const sandbox of sandboxes) {
      const { destinations } = await dependencies.configuration.routes(sandbox);
      for (const id of destinations.keys()) wake(sandbox, id);
    }
  };

  return {
    start(sandboxes) {
      started = true;
      starting = wakeAll(sandboxes).catch((error: unknown) =>
        dependencies.log.error({ err: error }, 'the workers of destinations could not be started'),
      );
    },
    wake,
    async idle() {
      await starting;
      await Promise.all([...workers.values()].map((worker) => worker.idle()));
    },
    async close() {
      await starting;
      started = false;
      await Promise.all([...workers.values()].map((worker) => worker.close()));
    },
  };
}
