import { Module } from '@nestjs/common';
import { Calendars } from './calendars.service.js';

@Module({ providers: [Calendars], exports: [Calendars] })
export class CalendarsModule {}
