-- A delivery that is inserted locks the key of its task for a moment. A claim that wants the whole row skips it then, and finds it
-- only with the next poll. It changes no key: so it need not wait for, nor skip, who only points at the row.
do $$
begin
  execute replace(pg_get_functiondef('claim_tasks'::regproc), 'for update skip locked', 'for no key update skip locked');
end $$;
