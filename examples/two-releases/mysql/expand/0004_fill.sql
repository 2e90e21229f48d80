-- A thousand rows at a time, and each batch committed: nobody waits for more than one of them. Run again, it goes on.
DROP PROCEDURE IF EXISTS fill_total_cents;
CREATE PROCEDURE fill_total_cents()
BEGIN
  DECLARE done bigint DEFAULT 0;
  DECLARE upto bigint;
  batches: LOOP
    SELECT MAX(id) INTO upto FROM (SELECT id FROM orders WHERE id > done ORDER BY id LIMIT 1000) AS batch;
    IF upto IS NULL THEN
      LEAVE batches;
    END IF;
    UPDATE orders SET total_cents = ROUND(total * 100) WHERE id > done AND id <= upto AND total_cents IS NULL;
    SET done = upto;
  END LOOP;
END;
CALL fill_total_cents();
