import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { MetricsRegistry } from './metrics-registry.js';

/** Keeps the registry, and times every request in it. */
@Global()
@Module({ providers: [MetricsRegistry], exports: [MetricsRegistry] })
export class MetricsModule implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    private readonly registry: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance();
    fastify.addHook('onResponse', (request, reply, done) => {
      const { method, route } = request;
      const seconds = reply.elapsedTime / 1000;
      this.registry.requests.observe(method, route?.path ?? 'unknown', reply.statusCode, seconds);
      done();
    });
  }
}
