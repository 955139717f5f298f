/**
 * Loads a library of the bench's own node_modules. By a name that the compiler does not see: `npm test` checks types on a
 * machine where it is not installed, so each candidate writes down the little that it uses of its library.
 */
export async function loadLibrary<T>(specifier: string): Promise<T> {
  return (await import(specifier)) as T
}
