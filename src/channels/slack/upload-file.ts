import { ChannelError, type Outgoing } from '../channel.ts'
import type { Call } from './call.ts'
import { causeOf } from './errors.ts'

interface Upload {
  call: Call
  token: string
  file: NonNullable<Outgoing['file']>
  signal: AbortSignal
}

/** The largest that we send, on a slow line. */
const TIMEOUT_MS = 5 * 60_000

/**
 * Takes a file to Slack, where nobody sees it until `files.completeUploadExternal` shares it. Web-api's `filesUploadV2` does both in
 * one, and tells neither a status nor when to try again.
 */
export async function uploadFile({ call, token, file, signal }: Upload): Promise<{ id: string; title: string }> {
  const { upload_url: url = '', file_id: id = '' } = await call(
    token,
    (web) => web.files.getUploadURLExternal({ filename: file.name, length: file.content.byteLength }),
    signal,
  )
  const status = await post(url, file, signal)
  if (status >= 500 || status === 429)
    throw new ChannelError('transient', `Slack did not take the file ${file.name} (HTTP ${status}).`)
  if (status >= 400) throw new ChannelError('invalid', `Slack does not take the file ${file.name} (HTTP ${status}).`)
  return { id, title: file.name }
}

async function post(url: string, { name, content }: Upload['file'], signal: AbortSignal): Promise<number> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(content),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    })
    await response.arrayBuffer()
    return response.status
  } catch (cause) {
    throw new ChannelError('transient', `The file ${name} did not get to Slack: ${causeOf(cause)}.`, { cause })
  }
}
