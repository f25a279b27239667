import { Module } from '@nestjs/common';

import { DirectoryModule } from '#access/directory';

import { AssignmentsController } from './instances/assignments.controller.js';
import { AssignmentsService } from './instances/assignments.service.js';
import { ApprovalsController } from './instances/approvals.controller.js';
import { BacktestRunner } from './backtests/backtest-runner.js';
import { BacktestsController } from './backtests/backtests.controller.js';
import { BacktestsService } from './backtests/backtests.service.js';
import { ChoicesService } from './decisions/choices.service.js';
import { Decider } from './decisions/decider.js';
import { DecisionBatches } from './decisions/decision-batches.js';
import { DecisionCounts } from './decisions/decision-counts.js';
import { DecisionMaterial } from './decisions/decision-material.js';
import { DecisionTablesController } from './decision-tables/decision-tables.controller.js';
import { DecisionTablesService } from './decision-tables/decision-tables.service.js';
import { DecisionTreesController } from './decision-trees/decision-trees.controller.js';
import { DecisionTreesService } from './decision-trees/decision-trees.service.js';
import { DecisionsService } from './decisions/decisions.service.js';
import { Evaluations } from './decisions/evaluations.js';
import { Callers } from './instances/callers.service.js';
import { InboxController } from './inbox/inbox.controller.js';
import { InboxService } from './inbox/inbox.service.js';
import { InstancesController } from './instances/instances.controller.js';
import { InstancesService } from './instances/instances.service.js';
import { ModelTrainer } from './models/model-trainer.js';
import { ModelsController } from './models/models.controller.js';
import { NotificationsController } from './notifications/notifications.controller.js';
import { RoutingController } from './decisions/routing.controller.js';
import { RulesController } from './rules/rules.controller.js';
import { RulesService } from './rules/rules.service.js';
import { StoredRules } from './rules/stored-rules.js';

@Module({
  imports: [DirectoryModule],
  controllers: [
    InstancesController,
    InboxController,
    ApprovalsController,
    NotificationsController,
    AssignmentsController,
    RoutingController,
    RulesController,
    DecisionTreesController,
    DecisionTablesController,
    BacktestsController,
    ModelsController,
  ],
  providers: [
    Callers,
    InstancesService,
    AssignmentsService,
    InboxService,
    DecisionsService,
    ChoicesService,
    Decider,
    DecisionBatches,
    DecisionCounts,
    DecisionMaterial,
    RulesService,
    StoredRules,
    DecisionTreesService,
    DecisionTablesService,
    Evaluations,
    BacktestsService,
    BacktestRunner,
    ModelTrainer,
  ],
})
export class RoutingModule {}
