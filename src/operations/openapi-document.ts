import { Injectable, type INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { RouteAccess } from '#platform/auth';
import { buildDocument } from '#platform/openapi';
import { packageVersion } from './package-version.js';

/** The document of the running application, made when it is first asked for. */
@Injectable()
export class OpenApiDocument {
  private app: INestApplication | undefined;
  private document: OpenAPIObject | undefined;

  /** The application cannot be injected into itself, so whoever creates it hands it over. */
  describes(app: INestApplication): void {
    this.app = app;
  }

  read(): OpenAPIObject {
    if (this.app === undefined) throw new Error('OpenApiDocument was not told its application.');
    this.document ??= buildDocument(this.app, packageVersion(), this.app.get(RouteAccess));
    return this.document;
  }
}
