import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AppConfig } from '#platform/config';
import { dataSourceOptions } from './data-source.js';
import { Database } from './database.js';

/** Connects at boot and closes at shutdown. It does not migrate: `main` calls `migrate` before it makes the application. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [AppConfig],
      useFactory: ({ database }: AppConfig) => ({
        ...dataSourceOptions(database),
        retryAttempts: 5,
        retryDelay: 1_000,
      }),
    }),
  ],
  providers: [Database],
  exports: [Database],
})
export class PersistenceModule {}
