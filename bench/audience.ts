import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { WebSocket } from 'ws';

/** Sockets in a process of their own, so that what it costs to listen is not counted with the server. */
export interface Audience {
  /** When each of them heard the next message, in milliseconds since the epoch, once all have. */
  nextHeard(): Promise<readonly number[]>;
  /** The last message that came. */
  last(): Promise<string>;
  close(): void;
}

/** Opens `count` sockets; each says `opening`, one after another as the server answers, and hears what comes then. */
export async function openAudience(url: string, count: number, opening: readonly string[]): Promise<Audience> {
  const child = fork(__filename, [url, String(count), ...opening]);
  await tellOf(child);
  return {
    nextHeard: async () => (await tellOf(child)) as readonly number[],
    async last() {
      child.send('last');
      return (await tellOf(child)) as string;
    },
    close: () => child.kill(),
  };
}

async function tellOf(child: ChildProcess): Promise<unknown> {
  const [told] = await once(child, 'message');
  return told;
}

async function open(url: string, opening: readonly string[]): Promise<WebSocket> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
  await once(socket, 'open');
  for (const [index, message] of opening.entries()) {
    if (index > 0) await once(socket, 'message');
    socket.send(message);
  }
  return socket;
}

async function listen([url = '', count, ...opening]: readonly string[]): Promise<void> {
  let times: number[] = [];
  let last = '';
  const hear = (message: unknown): void => {
    last = String(message);
    times.push(performance.timeOrigin + performance.now());
    if (times.length < Number(count)) return;
    process.send?.(times);
    times = [];
  };
  for (let index = 0; index < Number(count); index += 1) (await open(url, opening)).on('message', hear);
  process.on('message', () => process.send?.(last));
  process.send?.('open');
}

if (process.send && require.main === module) listen(process.argv.slice(2));
