-- migrate: no-transaction

-- The first statement reads no row, and the second one lets others write while it reads them.
ALTER TABLE orders ADD CONSTRAINT orders_total_cents_given CHECK (total_cents IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_total_cents_given;
