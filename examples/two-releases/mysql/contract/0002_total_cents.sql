-- With ALGORITHM=INSTANT the server refuses what it cannot do in the catalogue alone. The default is for the new
-- application, which does not name the old column any more.
ALTER TABLE orders ADD COLUMN total_cents bigint, ALTER COLUMN total SET DEFAULT 0, ALGORITHM=INSTANT;
