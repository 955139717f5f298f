/**
 * What the channel contract means, in cases. Each case runs against every channel, on a fake of its platform: a small real server
 * that refuses what the platform refuses. A new channel is done when all of them pass.
 */
import { FAILING } from './channel-cases/failing.ts'
import { FILES } from './channel-cases/files.ts'
import { HEARING } from './channel-cases/hearing.ts'
import { SPEAKING } from './channel-cases/speaking.ts'
import { STAYING } from './channel-cases/staying.ts'
import type { ChannelCase } from './channel-cases/stage.ts'

export { RATE_SECONDS, type ChannelSubject, type Fault, type Platform, type Shown } from './channel-cases/stage.ts'

/** In the order in which a channel grows. */
export const CHANNEL_CASES: ChannelCase[] = [...HEARING, ...FILES, ...SPEAKING, ...FAILING, ...STAYING]
