import { Global, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Drain } from './drain.js';
import { HealthChecks } from './health-checks.js';

@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  providers: [Drain, HealthChecks],
  exports: [Drain, HealthChecks, TerminusModule],
})
export class HealthModule {}
