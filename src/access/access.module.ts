import { Module } from '@nestjs/common';
import { DirectoryModule } from '#access/directory';
import { KeysModule } from '#access/keys';
import { AuditModule } from '#audit';
import { AbsencesController } from './absences.controller.js';
import { AuditController } from './audit.controller.js';
import { KeysController } from './keys.controller.js';
import { PeopleController } from './people.controller.js';

@Module({
  imports: [KeysModule, DirectoryModule, AuditModule],
  controllers: [KeysController, PeopleController, AbsencesController, AuditController],
})
export class AccessModule {}
