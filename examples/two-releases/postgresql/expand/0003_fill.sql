-- migrate: no-transaction

-- A thousand rows at a time, and each batch committed: nobody waits for more than one of them. Run again, it goes on.
DO $$
DECLARE
  done bigint := 0;
  upto bigint;
BEGIN
  LOOP
    SELECT max(id) INTO upto FROM (SELECT id FROM orders WHERE id > done ORDER BY id LIMIT 1000) AS batch;
    EXIT WHEN upto IS NULL;
    UPDATE orders SET total_cents = round(total * 100) WHERE id > done AND id <= upto AND total_cents IS NULL;
    COMMIT;
    done := upto;
  END LOOP;
END
$$;
