import { createRoute } from '@hono/zod-openapi'
import { asOrg } from '../db/scope.ts'
import { UserError } from '../lib/errors.ts'
import { createSchedule, listSchedules, removeSchedule } from '../schedules/store.ts'
import { idParam, jsonAnswer, jsonBody, refusals, type Api } from './api.ts'
import { createOnce, IdempotencyHeader } from './idempotency.ts'
import { knownAgent, knownCodebase } from './known.ts'
import type { HttpParts } from './parts.ts'
import { scheduleToWire } from './to-wire.ts'
import { NewSchedule, Schedule, ScheduleList } from './wire.ts'

const tags = ['Schedules']

const create = createRoute({
  method: 'post',
  path: '/v1/schedules',
  operationId: 'createSchedule',
  summary: 'Starts a task again and again',
  tags,
  request: { headers: IdempotencyHeader, body: jsonBody(NewSchedule) },
  responses: { 201: jsonAnswer('The schedule', Schedule), ...refusals.create },
})

const list = createRoute({
  method: 'get',
  path: '/v1/schedules',
  operationId: 'listSchedules',
  summary: 'All schedules',
  tags,
  responses: { 200: jsonAnswer('By name', ScheduleList), ...refusals.read },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/schedules/{id}',
  operationId: 'removeSchedule',
  summary: 'Ends a schedule; the tasks that it started stay',
  tags,
  request: { params: idParam('sch_01kanv3e5x8t1z6w2q9r4c7b0d') },
  responses: { 204: { description: 'Done' }, ...refusals.find },
})

export function addScheduleRoutes(api: Api, { database, agents }: HttpParts): void {
  api.openapi(create, async (c) => {
    const body = c.req.valid('json')
    const made = await createOnce(database, c, body, async (db, { orgId }) => {
      const { codebase, agent, timezone = 'UTC', ...schedule } = body
      const { id: codebaseId } = await knownCodebase(db, codebase)
      return scheduleToWire(
        await createSchedule(db, { ...schedule, orgId, codebaseId, timezone, agent: knownAgent(agents, agent) }),
      )
    })
    return c.json(made, 201)
  })

  api.openapi(list, async (c) => {
    const schedules = await asOrg(database, c.get('principal').orgId, listSchedules)
    return c.json({ schedules: schedules.map(scheduleToWire) }, 200)
  })

  api.openapi(remove, async (c) => {
    const { id } = c.req.valid('param')
    const isGone = await asOrg(database, c.get('principal').orgId, (db) => removeSchedule(db, id))
    if (!isGone) throw new UserError('schedule-unknown', `There is no schedule ${id}. GET /v1/schedules lists them.`)
    return c.body(null, 204)
  })
}
