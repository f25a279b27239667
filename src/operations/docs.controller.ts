import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, NotFoundException, Param, Res } from '@nestjs/common';
import {
  ApiExcludeEndpoint,
  ApiOperation,
  ApiResponse,
  ApiTags,
  type OpenAPIObject,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { OpenApiDocument } from './openapi-document.js';

const swagger = createRequire(createRequire(import.meta.url).resolve('@nestjs/swagger'));
const ASSETS = dirname(swagger.resolve('swagger-ui-dist/package.json'));
const ASSET_TYPES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};
const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#page', deepLinking: true, validatorUrl: null });`;
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Complex Workflows: the API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
/** Nothing from elsewhere; Swagger UI sets styles inline and shows small images of its own. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

@ApiTags('operations')
@Controller()
export class DocsController {
  constructor(private readonly document: OpenApiDocument) {}

  @Get('openapi.json')
  @ApiOperation({
    operationId: 'getOpenApi',
    summary: 'This document',
    description: 'OpenAPI 3.1, made from the operations that are registered in this process.',
  })
  @ApiResponse({
    status: 200,
    description: 'The document.',
    content: {
      'application/json': {
        schema: { type: 'object', additionalProperties: true },
        example: {
          openapi: '3.1.1',
          info: { title: 'Complex Workflows', version: '0.1.0' },
          paths: {},
        },
      },
    },
  })
  openapi(): OpenAPIObject {
    return this.document.read();
  }

  @Get('docs')
  @ApiExcludeEndpoint()
  page(@Res({ passthrough: true }) reply: FastifyReply): string {
    reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY);
    return PAGE;
  }

  @Get('docs/:asset')
  @ApiExcludeEndpoint()
  async asset(
    @Param('asset') asset: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Buffer> {
    const type = ASSET_TYPES[asset];
    reply.header('cache-control', 'private, max-age=3600');
    if (asset === 'start.js') {
      reply.type('text/javascript; charset=utf-8');
      return START;
    }
    if (type === undefined) throw new NotFoundException();
    reply.type(type);
    return readFile(join(ASSETS, asset));
  }
}
