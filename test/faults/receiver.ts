import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const echo: Answer = ({ headers }, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ key: headers['idempotency-key'] }));
};

/** Answers after a pause, so that many calls are under way at a time. */
export const echoAfter =
  (milliseconds: number): Answer =>
  (request, response) => {
    setTimeout(() => echo(request, response), milliseconds);
  };

/** An outside system that handlers call: remembers every call by its idempotency key. */
export class Receiver {
  /** Idempotency-Key → attempts that arrived. */
  readonly calls = new Map<string, string[]>();
  private arrived: (() => void)[] = [];

  private constructor(private readonly server: Server) {}

  /** @param answer default: 200 with the key, as JSON */
  static async start(answer: Answer = echo): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      const key = String(request.headers['idempotency-key']);
      const attempts = receiver.calls.get(key) ?? [];
      receiver.calls.set(key, [...attempts, String(request.headers['x-attempt'])]);
      for (const wake of receiver.arrived.splice(0)) wake();
      answer(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves when so many different keys have called. */
  async heard(keys: number): Promise<void> {
    while (this.calls.size < keys) {
      await new Promise<void>((resolve) => this.arrived.push(resolve));
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
