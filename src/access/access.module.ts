import { Module } from '@nestjs/common';
import { KeysModule } from '#access/keys';
import { AuditModule } from '#audit';
import { AuditController } from './audit.controller.js';
import { KeysController } from './keys.controller.js';

@Module({ imports: [KeysModule, AuditModule], controllers: [KeysController, AuditController] })
export class AccessModule {}
