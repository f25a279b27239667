import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '#engine/errors';
import { isOurFault } from './failure.js';
import { PROBLEM_TYPE, problemOf } from './problem.js';
import { RouteTable } from './route-table.js';

/** The one place where an error becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly routes: RouteTable) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { status, headers, body } = problemOf(this.explained(error, request), request);
    if (isOurFault(error)) {
      const message = `${request.method} ${body.instance} failed: ${body.code}`;
      this.logger.error(message, error instanceof Error ? error : { thrown: String(error) });
    }
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    void reply.status(status).headers(headers).type(PROBLEM_TYPE).send(body);
  }

  /** Nest reports a known path with another method as unknown; the difference tells the client what to do. */
  private explained(error: unknown, request: FastifyRequest): unknown {
    const unknown = request.is404 && error instanceof HttpException && error.getStatus() === 404;
    const allow = unknown ? this.routes.methodsOf(request.url) : [];
    if (allow.length === 0) return error;
    return new DomainError(
      'method_not_allowed',
      `This path does not know ${request.method}; it knows ${allow.join(', ')}.`,
      { allow },
    );
  }
}
