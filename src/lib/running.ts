/** Something that runs until it is told to stop. `stop` settles when nothing of it is left; it may be called often. */
export interface Running {
  stop(): Promise<void>
}
