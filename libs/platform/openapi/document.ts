import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { RouteAccess } from '#platform/auth';
import { complete } from './complete.js';
import { describeDtos } from './dto-schemas.js';

const DESCRIPTION = `A workflow service that a company runs next to its own systems: it keeps long-lived business
processes, asks people, calls systems, decides by rules, runs tasks in parallel, learns from its own history, and can be
changed while it runs.

Times are ISO 8601 in UTC. A refusal is an RFC 9457 problem (\`application/problem+json\`) whose \`code\` says which one
it is, and which lists every fault of what was sent under \`errors\`. Every answer carries \`X-Correlation-Id\`; send your
own, or a \`traceparent\`, to follow a request through logs and jobs. Where authentication is on, send an API key or a
token (JWT) as \`Authorization: Bearer <key or token>\`; \`x-roles\` of an operation names the roles of which one is needed.`;

/** The OpenAPI 3.1 document of everything that is registered. */
export function buildDocument(
  app: INestApplication,
  version: string,
  access: RouteAccess,
): OpenAPIObject {
  describeDtos();
  const head = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('Complex Workflows')
    .setDescription(DESCRIPTION.replace(/(?<!\n)\n(?!\n)/g, ' '))
    .setVersion(version)
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'key', description: 'An API key.' },
      'api_key',
    )
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'A token of the issuer that the service trusts.',
      },
      'token',
    )
    .addSecurityRequirements('api_key')
    .addSecurityRequirements('token')
    .build();
  return complete(SwaggerModule.createDocument(app, head), access);
}
