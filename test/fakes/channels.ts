/** Which channels the contract suite runs against. A subject is written beside its fake, in `test/fakes/<kind>/subject.ts`. */
import type { ChannelSubject } from '../channel-contract.ts'
import { discordSubject } from './discord/subject.ts'
import { githubAppSubject, githubSubject } from './github/subject.ts'
import { slackHttpSubject, slackSubject } from './slack/subject.ts'
import { telegramSubject, telegramWebhookSubject } from './telegram/subject.ts'
import { webhookSubject } from './webhook/subject.ts'

export const CHANNEL_SUBJECTS: ChannelSubject[] = [
  telegramSubject,
  telegramWebhookSubject,
  slackSubject,
  slackHttpSubject,
  discordSubject,
  githubSubject,
  githubAppSubject,
  webhookSubject,
]
