import type pg from 'pg'

/**
 * All that the migrations make, as text in a fixed order: for people to read, and to see in a review what a migration changed.
 * Written from the catalog, so that it needs no pg_dump and says the same on every PostgreSQL that Drover runs on.
 */
export async function dumpSchema(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ text: string }>(DUMP)
  return `-- Made from migrations/ by: UPDATE=1 npx vitest run test/schema-drift.test.ts\n\n${rows.map((row) => row.text).join('\n\n')}\n`
}

const DUMP = `
with grants (kind, owner_of, oid, text) as (
  select kind, owner, oid, string_agg(format('grant %s to %s', privileges, grantee), E'\\n' order by grantee) from (
    select kind, owner, oid, case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as grantee,
           string_agg(lower(privilege_type), ', ' order by privilege_type) as privileges
      from (select 'relation' as kind, relowner as owner, oid, (aclexplode(coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)))).*
              from pg_class where relnamespace = 'drover'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
            union all select 'function', proowner, oid, (aclexplode(coalesce(proacl, acldefault('f', proowner)))).*
              from pg_proc where pronamespace = 'drover'::regnamespace
            union all select 'schema', nspowner, oid, (aclexplode(coalesce(nspacl, acldefault('n', nspowner)))).*
              from pg_namespace where nspname = 'drover') as rights
     where grantee <> owner group by 1, 2, 3, 4) as by_grantee group by 1, 2, 3),
tables as (
  select c.oid, relname, concat_ws(E'\\n',
    format('table %s%s', relname, coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '')),
    (select string_agg(format('  %s %s%s%s', attname, format_type(atttypid, atttypmod),
              case when attnotnull then ' not null' else '' end, coalesce(' default ' || pg_get_expr(adbin, adrelid), '')),
              E'\\n' order by attnum)
       from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where attrelid = c.oid and attnum > 0 and not attisdropped),
    -- From PostgreSQL 18 on, 'not null' is a constraint, too: it stands with its column already.
    (select string_agg(format('constraint %s %s', conname, pg_get_constraintdef(oid)), E'\\n' order by contype, conname)
       from pg_constraint where conrelid = c.oid and contype <> 'n'),
    (select string_agg(pg_get_indexdef(indexrelid), E'\\n' order by indexrelid::regclass::text)
       from pg_index where indrelid = c.oid and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))),
    (select string_agg(pg_get_triggerdef(oid), E'\\n' order by tgname) from pg_trigger where tgrelid = c.oid and not tgisinternal),
    case when relrowsecurity then 'row security enabled' end, case when relforcerowsecurity then 'row security forced' end,
    (select string_agg(concat_ws(' ', 'policy', polname, case when polpermissive then 'for' else 'restrictive for' end,
              case polcmd when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' else 'delete' end,
              'to', (select string_agg(case role when 0 then 'public' else pg_get_userbyid(role)::text end, ', ') from unnest(polroles) as role),
              'using ' || pg_get_expr(polqual, polrelid), 'with check ' || pg_get_expr(polwithcheck, polrelid)), E'\\n' order by polname)
       from pg_policy where polrelid = c.oid),
    (select text from grants where kind = 'relation' and grants.oid = c.oid)) as text
    from pg_class c where relnamespace = 'drover'::regnamespace and relkind in ('r', 'p', 'v', 'm')),
sequences as (
  select relname, concat_ws(E'\\n', 'sequence ' || relname, grants.text) as text
    from pg_class left join grants on kind = 'relation' and grants.oid = pg_class.oid
   where relnamespace = 'drover'::regnamespace and relkind = 'S'),
functions as (
  select proname, concat_ws(E'\\n', rtrim(pg_get_functiondef(pg_proc.oid), E'\\n'), grants.text) as text
    from pg_proc left join grants on kind = 'function' and grants.oid = pg_proc.oid
   where pronamespace = 'drover'::regnamespace)
select text from (
  select 1 as part, '' as name, concat_ws(E'\\n', 'schema drover', grants.text) as text from grants where kind = 'schema'
  union all select 2, relname, text from tables
  union all select 3, relname, text from sequences
  union all select 4, proname, text from functions) as parts
order by part, name collate "C", text collate "C"`
