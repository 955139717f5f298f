import { UserError } from '../lib/errors.ts'
import { createAcpDriver } from './acp/driver.ts'
import { AIDER } from './cli/aider.ts'
import { createCliDriver } from './cli/driver.ts'
import { PLAIN } from './cli/plain.ts'
import type { AgentProfile, Driver } from './driver.ts'
import { SCRIPTED_AGENT } from './scripted/bundled.ts'

/** Every driver, by the name that profiles call it. */
export const DRIVERS = {
  acp: createAcpDriver(),
  cli: createCliDriver(PLAIN),
  aider: createCliDriver(AIDER),
  scripted: createAcpDriver(SCRIPTED_AGENT),
} satisfies Record<string, Driver>

/** The driver of a profile; `UserError('agent-driver')` where this release has none of that name. */
export function driverFor(profile: AgentProfile): Driver {
  const drivers: Record<string, Driver> = DRIVERS
  const driver = Object.hasOwn(drivers, profile.driver) ? drivers[profile.driver] : undefined
  if (driver) return driver
  const known = Object.keys(DRIVERS).join(', ')
  throw new UserError(
    'agent-driver',
    `The agent “${profile.name}” wants the driver “${profile.driver}”; there are: ${known}.`,
  )
}
