import { once } from 'node:events';
import { createServer } from 'node:http';

/** The outside system that handlers and workers call: one effect a key, however often it is called. */
export class StormReceiver {
  /** Idempotency-Key → when each call of it came. */
  calls = new Map();
  #server = createServer((request, response) => {
    const key = String(request.headers['idempotency-key']);
    const times = this.calls.get(key);
    if (times) times.push(Date.now());
    else this.calls.set(key, [Date.now()]);
    request.resume();
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ key }));
    });
  });

  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.host = `127.0.0.1:${this.#server.address().port}`;
  }

  /** Between the first call of a key and the next, milliseconds, longest first: how long work was lost. */
  gaps() {
    return [...this.calls.values()]
      .filter((times) => times.length > 1)
      .map(([first, second]) => second - first)
      .sort((a, b) => b - a);
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
