import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One kept connection that asks and waits for the whole answer. Bare, so that the machine is left to the server. */
export interface Asker {
  /** Sends a body to the path; answers with the answer's body. Fails on any status but 200. */
  ask(body: string): Promise<Buffer>;
  close(): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: (\d+)/i;

/** Opens a connection to an address such as `http://127.0.0.1:4000/graphql`. */
export async function openAsker(address: string): Promise<Asker> {
  const { hostname, port, pathname } = new URL(address);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: `;
  return {
    ask(body) {
      socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
      return readAnswer(socket);
    },
    close: () => socket.destroy(),
  };
}

function readAnswer(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    let whole = Number.POSITIVE_INFINITY;
    let start = 0;
    const take = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      if (whole === Number.POSITIVE_INFINITY) {
        const end = received.indexOf(HEAD_END);
        if (end < 0) return;
        const head = received.toString('latin1', 0, end);
        start = end + HEAD_END.length;
        whole = start + Number(LENGTH.exec(head)?.[1]);
        if (!head.startsWith('HTTP/1.1 200')) finish(() => reject(new Error(received.toString())));
      }
      if (received.length >= whole) finish(() => resolve(received.subarray(start)));
    };
    const fail = (): void => finish(() => reject(new Error(`The server closed the connection: ${received}`)));
    const finish = (settle: () => void): void => {
      socket.off('data', take);
      socket.off('close', fail);
      settle();
    };
    socket.on('data', take);
    socket.once('close', fail);
  });
}
