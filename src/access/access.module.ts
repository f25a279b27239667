import { Module } from '@nestjs/common';
import { CalendarsModule } from '#access/calendars';
import { DirectoryModule } from '#access/directory';
import { KeysModule } from '#access/keys';
import { AuditModule } from '#audit';
import { AbsencesController } from './absences.controller.js';
import { AuditController } from './audit.controller.js';
import { CalendarsController } from './calendars.controller.js';
import { KeysController } from './keys.controller.js';
import { PeopleController } from './people.controller.js';

@Module({
  imports: [KeysModule, DirectoryModule, CalendarsModule, AuditModule],
  controllers: [
    KeysController,
    PeopleController,
    AbsencesController,
    CalendarsController,
    AuditController,
  ],
})
export class AccessModule {}
