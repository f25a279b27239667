import { Module } from '@nestjs/common';
import { Absences } from './absences.service.js';
import { Directory } from './directory.service.js';
import { People } from './people.service.js';

@Module({ providers: [Directory, People, Absences], exports: [Directory, People, Absences] })
export class DirectoryModule {}
