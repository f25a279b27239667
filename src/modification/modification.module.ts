import { Module } from '@nestjs/common';

/** Changes of running workflows: request, approval, application, monitoring, roll-back. */
@Module({})
export class ModificationModule {}
