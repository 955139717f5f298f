import type { ColumnType, JSONColumnType } from 'kysely'

/** Written by the database, read as a Date. */
export type Now = ColumnType<Date, Date | undefined, Date>
export type Json = JSONColumnType<Record<string, unknown>>
export type OptionalJson = JSONColumnType<Record<string, unknown> | null, string | null | undefined, string | null>
