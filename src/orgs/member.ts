import type { Id } from '../lib/ids.ts'

export const ROLES = ['owner', 'admin', 'member'] as const
export type Role = (typeof ROLES)[number]

/** A person in an org. */
export interface Member {
  id: Id<'member'>
  orgId: Id<'org'>
  name: string
  role: Role
}

/** A platform account, as the platform names it. */
export interface Account {
  channel: string
  /** Empty: in every tenant of the channel. */
  tenant: string
  actor: string
}

/** An account that is a member's. `settings`: as long as the allow-list there names it. */
export interface Identity extends Account {
  source: 'settings' | 'granted'
  member: Member
}

/** `slack/T024BE7LH/U061F7AUR`: for people. */
export const accountText = ({ channel, tenant, actor }: Account) => [channel, tenant, actor].filter(Boolean).join('/')

/** The first role may all that the second one may. */
export const mayAsMuch = (role: Role, as: Role) => ROLES.indexOf(role) <= ROLES.indexOf(as)
