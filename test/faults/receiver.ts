import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An outside system that handlers call: remembers every call by its idempotency key. */
export class Receiver {
  /** Idempotency-Key → attempts that arrived. */
  readonly calls = new Map<string, string[]>();
  private arrived: (() => void)[] = [];

  private constructor(private readonly server: Server) {}

  static async start({ answer_after_ms = 0 } = {}): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      const key = String(request.headers['idempotency-key']);
      const attempts = receiver.calls.get(key) ?? [];
      receiver.calls.set(key, [...attempts, String(request.headers['x-attempt'])]);
      for (const wake of receiver.arrived.splice(0)) wake();
      setTimeout(() => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ key }));
      }, answer_after_ms);
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
