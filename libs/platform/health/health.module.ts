import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Drain } from './drain.js';
import { HealthChecks } from './health-checks.js';
import { Progress } from './progress.js';

@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  providers: [Drain, HealthChecks, Progress],
  exports: [Drain, HealthChecks, Progress, TerminusModule],
})
export class HealthModule {}
