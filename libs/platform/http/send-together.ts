import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { runWithNone } from '#platform/ambient';

interface Waiting {
  reply: FastifyReply;
  send: () => void;
}

/**
 * Sends the answers of one turn of the event loop one after the other, at its end. Sent each at once, between the work of
 * two requests, an answer costs as much as all else about a request: whoever reads it on this machine (a proxy beside
 * the service) goes to sleep again before the next, and has to be woken for each; and what a step of the work needs is
 * in the processor's cache when it is done for many in a row ("cohort scheduling", Larus & Parkes, USENIX 2002).
 * Where few requests are under way it waits for next to nothing.
 */
export function sendTogether(fastify: FastifyInstance): void {
  const logger = new Logger('Http');
  let waiting: Waiting[] = [];

  fastify.addHook('onSend', (_request, reply, payload, done) => {
    waiting.push({ reply, send: () => done(null, payload) });
    // what is sent is of many requests: the hooks after it are in nobody's name
    if (waiting.length === 1) runWithNone(() => setImmediate(sendAll));
  });

  function sendAll(): void {
    const all = waiting;
    waiting = [];
    for (const { reply, send } of all) {
      try {
        send();
      } catch (error) {
        // nobody above hears of it any more
        logger.error('An answer could not be sent.', error);
        reply.raw.destroy();
      }
    }
  }
}
