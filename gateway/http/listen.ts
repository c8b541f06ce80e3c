import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../platform/clock';

/** Where a server listens. */
export interface Listening {
  readonly port: number;
  readonly url: string;
}

/** Opens the door. Port 0 takes a free one. Fails when the port is taken. */
export function listen(server: Server, port: number, host = '127.0.0.1'): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { port: taken } = server.address() as AddressInfo;
      const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
      resolve({ port: taken, url: `http://${name.includes(':') ? `[${name}]` : name}:${taken}` });
    });
  });
}

/** Lets what is under way be answered, at most `patienceMs`, and closes the door. */
export function drain(server: Server, clock: Clock, patienceMs: number): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = clock.at(clock.now() + patienceMs, () => server.closeAllConnections());
    server.close(() => {
      timer.cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
