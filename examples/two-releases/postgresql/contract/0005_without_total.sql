-- migrate: allow drop-column, drop-object, not-null

-- The check proves it: no row is read.
ALTER TABLE orders ALTER COLUMN total_cents SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT orders_total_cents_given;

DROP TRIGGER orders_totals ON orders;
DROP FUNCTION orders_totals();
ALTER TABLE orders DROP COLUMN total;
