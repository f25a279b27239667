import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from '#platform/config';
import { configureHttp, createHttpAdapter, Door, RouteTable } from '#platform/http';
import { AppModule } from './app.module.js';
import { ROUTE_ACCESS } from './route-access.js';
import { OpenApiDocument } from './operations/openapi-document.js';

/** The whole application, not yet listening; its database is there and migrated. */
export async function createApp(config: AppConfig): Promise<NestFastifyApplication> {
  const routes = new RouteTable();
  const door = new Door(config, ROUTE_ACCESS);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(config, routes, door),
    createHttpAdapter(config, routes, door),
    { bodyParser: false, bufferLogs: false, abortOnError: false },
  );
  configureHttp(app, routes);
  app.get(OpenApiDocument).describes(app);
  return app;
}
