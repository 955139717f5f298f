import type { Channel, Outgoing } from '../channels/channel.ts'
import type { Database } from '../db/connect.ts'
import type { Delivery } from '../deliveries/delivery.ts'
import type { Log } from '../lib/log.ts'

export interface OutboundParts {
  database: Database
  log: Log
  /** By name. What other processes' channels have to send is theirs. */
  channels: ReadonlyMap<string, Channel>
}

/** How a delivery should look now: one message or several, in order. */
export interface Form {
  messages: Outgoing[]
  /** Its state once all of them are shown. */
  next: 'open' | 'sent'
  /** What it was made of, for the next time. */
  content?: Delivery['content']
  shownEvent?: number
}
