import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiProblems } from '#platform/http';

import { Analysis } from './analysis.dto.js';
import { AnalyticsQuery } from './analytics.dto.js';
import { AnalyticsService } from './analytics.service.js';

@ApiTags('analytics')
@Controller()
export class AnalyticsController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Get('advanced/analytics')
  @ApiOperation({
    operationId: 'analyse',
    summary: 'Analyse what was recorded',
    description: `Times, success, waiting and working time by step, bottlenecks, predictions, recommendations, trends: every figure from recorded history. Where there is too little of it a figure is null with a reason in \`unavailable\` beside it, a list is empty and \`executive_summary.not_computed\` says why.

\`analysis_depth\` decides how much is computed:
- \`basic\`: performance metrics.
- \`standard\`: with bottlenecks, predictions, recommendations, the trend over all workflows and the comparison with the period before.
- \`deep\`: with quantiles of waiting time, the trend of each workflow (50 at most) and of each step (200 at most), and a Mann–Whitney test of execution times against the period before.
- \`comprehensive\`: with the daily series of each workflow, and \`process_maps\`: which step followed which, how often and after how long, and the ways that instances took.

Predictions need \`ML_MIN_EVIDENCE\` (20) ended cases of a workflow in the period; they rest on its latest 2,000, for the 20 workflows with most of them. An answer is computed anew after twenty times as long as it took, 60 s at most.`,
  })
  @ApiOkResponse({ type: Analysis })
  @ApiProblems('workflow_not_found', 'unavailable')
  analyse(@Query() query: AnalyticsQuery): Promise<Analysis> {
    return this.analytics.answer(query);
  }
}
