import { Controller, Get, HttpException, Res } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { HealthCheckService } from '@nestjs/terminus';
import type { FastifyReply } from 'fastify';
import { Drain, HealthChecks, Progress } from '#platform/health';
import { Quiet } from '#platform/http';

const UNHEALTHY = 503;

class HealthReport {
  @ApiProperty({ enum: ['ok', 'degraded', 'error'], example: 'ok' })
  status: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What was looked at, by name, with its state and its own figures.',
    example: {
      database: { status: 'up' },
      queue: { status: 'up' },
      work: { status: 'up' },
      disk: { status: 'up' },
    },
  })
  details: object;
}

class ProbeReport {
  @ApiProperty({ enum: ['ok', 'no'], example: 'ok' })
  status: 'ok' | 'no';

  @ApiProperty({ description: 'Why, in a sentence.', example: 'The process serves requests.' })
  detail: string;
}

@ApiTags('operations')
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly checks: HealthChecks,
    private readonly drain: Drain,
    private readonly progress: Progress,
  ) {}

  @Get()
  @Quiet()
  @ApiOperation({
    operationId: 'getHealth',
    summary: 'Health of everything the service needs',
    description:
      'Looks at the database, the queue, the progress of its own work and the disk, each for at most two seconds.',
  })
  @ApiResponse({ status: 200, type: HealthReport, description: 'All of it works.' })
  @ApiResponse({ status: UNHEALTHY, type: HealthReport, description: 'Some of it does not.' })
  async all(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    try {
      const { status, details } = await this.health.check(this.checks.all());
      return { status, details };
    } catch (error) {
      if (!(error instanceof HttpException) || error.getStatus() !== UNHEALTHY) throw error;
      const { status, details } = error.getResponse() as HealthReport;
      reply.status(UNHEALTHY);
      return { status, details };
    }
  }

  @Get('live')
  @Quiet()
  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Liveness probe',
    description: 'Answers as long as the process does; a process that does not is to be restarted.',
  })
  @ApiResponse({ status: 200, type: ProbeReport, description: 'The process runs.' })
  live(): ProbeReport {
    return { status: 'ok', detail: 'The process runs.' };
  }

  @Get('ready')
  @Quiet()
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Readiness probe',
    description:
      'Whether new requests should come here: yes from the end of the start until the process begins to end, while what it does by itself (sweeping, claiming tasks, extending leases) gets through within `READINESS_STALL_SECONDS`.',
  })
  @ApiResponse({ status: 200, type: ProbeReport, description: 'Send requests.' })
  @ApiResponse({ status: UNHEALTHY, type: ProbeReport, description: 'Send none.' })
  ready(@Res({ passthrough: true }) reply: FastifyReply): ProbeReport {
    const stalled = this.progress.stalled();
    return probe(
      reply,
      this.drain.isReady && stalled === null,
      'The process serves requests.',
      stalled ?? 'The process starts or ends.',
    );
  }

  @Get('startup')
  @Quiet()
  @ApiOperation({
    operationId: 'getStartup',
    summary: 'Startup probe',
    description: 'Whether the start is over: database migrated, everything connected, listening.',
  })
  @ApiResponse({ status: 200, type: ProbeReport, description: 'It is.' })
  @ApiResponse({ status: UNHEALTHY, type: ProbeReport, description: 'Not yet.' })
  startup(@Res({ passthrough: true }) reply: FastifyReply): ProbeReport {
    return probe(reply, this.drain.isStarted, 'The start is over.', 'The process still starts.');
  }
}

function probe(reply: FastifyReply, passes: boolean, yes: string, no: string): ProbeReport {
  if (passes) return { status: 'ok', detail: yes };
  reply.status(UNHEALTHY);
  return { status: 'no', detail: no };
}
