/** PostgreSQL takes neither of what is removed here, and what cannot be stored would hold up all behind it. */
export const storable = (text: string) => text.toWellFormed().replaceAll('\0', '')
