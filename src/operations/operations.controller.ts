import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CapabilitiesService } from './capabilities.service.js';
import { CapabilitiesAnswer, SystemMetricsAnswer } from './operations.dto.js';
import { SystemMetricsService } from './system-metrics.service.js';

@ApiTags('operations')
@Controller()
export class OperationsController {
  constructor(
    private readonly capabilities: CapabilitiesService,
    private readonly metrics: SystemMetricsService,
  ) {}

  @Get('capabilities')
  @ApiOperation({
    operationId: 'getCapabilities',
    summary: 'What this process can do',
    description:
      'Made from what is registered: its operations, the kinds of steps, tasks and rules it knows, its settings and limits.',
  })
  @ApiResponse({ status: 200, type: CapabilitiesAnswer, description: 'The capabilities.' })
  readCapabilities(): CapabilitiesAnswer {
    return this.capabilities.read();
  }

  @Get('system/metrics')
  @ApiOperation({
    operationId: 'getSystemMetrics',
    summary: 'Live figures',
    description:
      'Of this process (memory, event loop, requests, connections) and of the whole service (queues, instances, executions, tasks), as they are now. `/metrics` has the same for Prometheus.',
  })
  @ApiResponse({ status: 200, type: SystemMetricsAnswer, description: 'The figures.' })
  readSystemMetrics(): Promise<SystemMetricsAnswer> {
    return this.metrics.read();
  }
}
