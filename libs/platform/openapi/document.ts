import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { complete } from './complete.js';
import { describeDtos } from './dto-schemas.js';

const DESCRIPTION = `A workflow service that a company runs next to its own systems: it keeps long-lived business
processes, asks people, calls systems, decides by rules, runs tasks in parallel, learns from its own history, and can be
changed while it runs.

Times are ISO 8601 in UTC. A refusal is an RFC 9457 problem (\`application/problem+json\`) whose \`code\` says which one
it is, and which lists every fault of what was sent under \`errors\`. Every answer carries \`X-Correlation-Id\`; send your
own, or a \`traceparent\`, to follow a request through logs and jobs. Where the operator has set API_KEYS, send one as
\`Authorization: Bearer <key>\`.`;

/** The OpenAPI 3.1 document of everything that is registered. */
export function buildDocument(app: INestApplication, version: string): OpenAPIObject {
  describeDtos();
  const head = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('Complex Workflows')
    .setDescription(DESCRIPTION.replace(/(?<!\n)\n(?!\n)/g, ' '))
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'One of API_KEYS.' }, 'api_key')
    .addSecurityRequirements('api_key')
    .build();
  return complete(SwaggerModule.createDocument(app, head));
}
