/** Room for bodies that are on their way in, for all requests of this process together. */
export interface Intake {
  open(): Room
}

/** What one request takes of it, until it is done. */
interface Room {
  /** False where there is none left now. */
  take(bytes: number): boolean
  close(): void
}

export function createIntake(mostBytes: number): Intake {
  let taken = 0
  return {
    open() {
      let mine = 0
      return {
        take(bytes) {
          if (taken + bytes > mostBytes) return false
          taken += bytes
          mine += bytes
          return true
        },
        close() {
          taken -= mine
          mine = 0
        },
      }
    },
  }
}

/** The body, byte for byte. What is too large is read no further than it has to be. */
export async function readBody(
  request: Request,
  mostBytes: number,
  room?: Room,
): Promise<Buffer | 'too-large' | 'no-room' | 'broken-off'> {
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) return 'too-large'
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of request.body ?? []) {
      size += chunk.length
      if (size > mostBytes) return 'too-large'
      if (room?.take(chunk.length) === false) return 'no-room'
      chunks.push(chunk)
    }
  } catch {
    // Only reading can fail here: whoever sent it is gone, and reads no answer.
    return 'broken-off'
  }
  return Buffer.concat(chunks)
}
