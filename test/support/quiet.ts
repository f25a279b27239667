import { Logger } from '@nestjs/common';

// what a library logs while a test provokes it is no news; a service keeps its own log, shown when it fails
Logger.overrideLogger(false);
