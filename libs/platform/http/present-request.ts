import type { FastifyRequest } from 'fastify';
import { AmbientValue } from '#platform/ambient';
import type { Route } from './route-table.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    route?: Route;
  }

  interface FastifyRequest {
    /** Null where there is none for what was asked. */
    route: Route | null;
    /** The body as it came, where `body` has become what the operation takes. */
    sent: unknown;
  }
}

/** The request that the present work was asked for by. */
export const presentRequest = new AmbientValue<FastifyRequest>();
