import { Body, Controller, Delete, Get, HttpCode, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Directory, People } from '#access/directory';
import { CurrentPrincipal, type Principal } from '#platform/auth';
import { ApiProblems, decodeCursor, type Page, pageOf, UuidParam } from '#platform/http';
import {
  CallerView,
  ChangePersonRequest,
  LoadedView,
  LoadPeopleRequest,
  PeopleQuery,
  PersonPage,
  PersonRequest,
  PersonView,
  sentPerson,
} from './people.dto.js';

@ApiTags('access')
@Controller('access')
export class PeopleController {
  constructor(
    private readonly people: People,
    private readonly directory: Directory,
  ) {}

  @Get('me')
  @ApiOperation({
    operationId: 'getCaller',
    summary: 'Who the service takes you for',
    description: 'Your name in histories, your roles, and what the directory says of you.',
  })
  @ApiOkResponse({ type: CallerView })
  async me(@CurrentPrincipal() principal: Principal): Promise<CallerView> {
    const { id, roles, business_roles } = principal;
    const person = await this.directory.personOf(principal);
    return {
      id,
      product_roles: roles,
      business_roles: [...new Set([...business_roles, ...(person?.roles ?? [])])],
      person: person && PersonView.of(person),
    };
  }

  @Post('people')
  @ApiOperation({
    operationId: 'createPerson',
    summary: 'Add a person to the directory',
    description:
      'Roles, department, management level and manager decide what processes ask of them.',
  })
  @ApiCreatedResponse({ type: PersonView })
  @ApiProblems('person_exists')
  async create(@Body() request: PersonRequest): Promise<PersonView> {
    const { external_id } = request;
    return PersonView.of(await this.people.create({ external_id, ...sentPerson(request) }));
  }

  @Post('people/bulk')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'loadPeople',
    summary: 'Load many people, by their external ids',
    description:
      'As an HR system sends them: new ones are added, known ones changed, the others left alone. All of the list or, with every fault named, nothing.',
  })
  @ApiOkResponse({ type: LoadedView })
  load(@Body() { people }: LoadPeopleRequest): Promise<LoadedView> {
    return this.people.load(
      people.map((request) => ({ external_id: request.external_id, ...sentPerson(request) })),
    );
  }

  @Get('people')
  @ApiOperation({
    operationId: 'listPeople',
    summary: 'The directory',
    description: 'In the order in which they came; by department, role, or whether active.',
  })
  @ApiOkResponse({ type: PersonPage })
  @ApiProblems('cursor_invalid')
  async list(@Query() query: PeopleQuery): Promise<Page<PersonView>> {
    const { limit, cursor, department, role, active } = query;
    const [after] = cursor === undefined ? [null] : decodeCursor(cursor, ['uuid']);
    const filter = { department: department ?? null, role: role ?? null, active: active ?? null };
    const rows = await this.people.list(filter, after, limit + 1);
    return pageOf(
      rows,
      limit,
      ({ person_id }) => [person_id],
      (row) => PersonView.of(row),
    );
  }

  @Get('people/:person_id')
  @ApiOperation({
    operationId: 'getPerson',
    summary: 'Read a person',
    description: 'What the directory says of them.',
  })
  @ApiOkResponse({ type: PersonView })
  @ApiProblems('person_not_found')
  async read(@UuidParam('person_id') person_id: string): Promise<PersonView> {
    return PersonView.of(await this.people.read(person_id));
  }

  @Put('people/:person_id')
  @ApiOperation({
    operationId: 'changePerson',
    summary: 'Change a person',
    description: 'Replaces all that is said of them, but for the external id.',
  })
  @ApiOkResponse({ type: PersonView })
  @ApiProblems('person_not_found')
  async change(
    @UuidParam('person_id') person_id: string,
    @Body() request: ChangePersonRequest,
  ): Promise<PersonView> {
    return PersonView.of(await this.people.change(person_id, sentPerson(request)));
  }

  @Delete('people/:person_id')
  @ApiOperation({
    operationId: 'deactivatePerson',
    summary: 'Deactivate a person',
    description: 'They are asked nothing any more and may do nothing; what they did stays.',
  })
  @ApiOkResponse({ type: PersonView })
  @ApiProblems('person_not_found')
  async deactivate(@UuidParam('person_id') person_id: string): Promise<PersonView> {
    return PersonView.of(await this.people.deactivate(person_id));
  }

  @Post('people/:person_id/erase')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'erasePerson',
    summary: 'Erase who a person was',
    description:
      'Name, mail address, subject, external id and the reasons of their absences. The row stays, deactivated, for what refers to it. The audit is erased by `POST /audit/erasures`.',
  })
  @ApiOkResponse({ type: PersonView })
  @ApiProblems('person_not_found')
  async erase(@UuidParam('person_id') person_id: string): Promise<PersonView> {
    return PersonView.of(await this.people.erase(person_id));
  }
}
